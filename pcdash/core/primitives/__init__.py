"""The five primitives as distance fields, and their fits to clouds of few points."""
