"""A KServe-compatible model server, the exporter of the folders it reads, and the objects that deploy it."""
