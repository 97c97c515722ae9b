"""Thin Kubeflow components: each turns artifacts into paths and calls one function of rarefault.steps."""
