"""rarefault serve, rarefault manifest and rarefault deploy."""
