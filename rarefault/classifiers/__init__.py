"""Classifiers of table rows: impute, encode, fit, score, explain, save."""
