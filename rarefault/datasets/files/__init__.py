"""How files of any separator, encoding and compression are read."""
