"""Scoring of float64 matrices with numpy and onnxruntime alone."""
