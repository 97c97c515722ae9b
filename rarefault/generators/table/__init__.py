"""Generators of table rows."""
