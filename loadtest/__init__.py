"""Load on a served model: profiles with thresholds (`python -m loadtest`), and autoscaling worked out on paper.

Nothing is imported here: the load side needs Locust, which patches the standard library on import, and the
autoscaling side must be usable without it.
"""
