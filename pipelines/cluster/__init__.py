"""The pipelines on a Kubeflow cluster: compiled for it, submitted, scheduled and listed."""
