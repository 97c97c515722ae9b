"""The model registry, on MLflow: the only package that imports it."""
