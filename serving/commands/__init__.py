"""rarefault serve and rarefault manifest."""
