"""Thresholds, strategies and their comparison, and the search for a generator's settings."""
