"""Health indicators in numpy: from snapshots to one number each, computed as they were learned."""

from serving.vibration.indicators.reading import KINDS, Indicator, read_indicator

__all__ = ["KINDS", "Indicator", "read_indicator"]
