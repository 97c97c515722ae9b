"""What ingest does to a user's table, each change told."""
