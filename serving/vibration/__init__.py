"""Snapshots of a machine's vibration: judged one by one, with what is remembered of each machine."""
