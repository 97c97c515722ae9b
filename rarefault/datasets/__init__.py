"""Data sets: reading, checking, splitting, writing; the catalogue and the simulators."""
