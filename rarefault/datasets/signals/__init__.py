"""Vibration signals of machines: reading, checking, writing; the real sets and the simulated life."""
