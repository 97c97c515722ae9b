"""Rarefault: fault detection when faults are rare."""

__version__ = "0.1.0"
