"""What travels with a model that leaves pcdash: a program that needs nothing else of it."""
