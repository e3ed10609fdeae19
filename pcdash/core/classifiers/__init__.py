"""Classifiers of our own, on the feature matrix."""
