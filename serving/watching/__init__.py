"""Watching a folder of snapshots: each is judged once, whatever ends the program in between."""
