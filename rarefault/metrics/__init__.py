"""Metrics of detection and of similarity: each has a name, a direction and bounds.

To add one, write its function and one entry in METRICS (detection.py) or SIMILARITIES (similarity.py).
"""
