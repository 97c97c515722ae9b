"""The commands of the `rarefault` command line that need no pipeline."""
