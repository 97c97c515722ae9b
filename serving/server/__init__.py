"""The model server: KServe's V1 and the Open Inference Protocol V2 over one small ASGI app."""
