"""Lines of an export that are no parts: totals and averages at its end, the header once more within it."""

import numpy as np
import pandas as pd

from rarefault.datasets.wording import counted, listed

_MOST_LINES = 10
_WORDS = """
    total totals sum sums subtotal average averages avg mean median min minimum max maximum std stdev count range
    summe gesamt gesamtsumme mittelwert durchschnitt mittel anzahl standardabweichung spannweite
    totale somma media minimo massimo totaux somme moyenne
"""
_SUMMARIES = frozenset(_WORDS.split())
_LEADS = ("grand ", "overall ")


def without_summaries(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Drop the last rows whose first text is a word such as Total that no row above them has; tells which."""
    texts = [_lead(row) for row in frame.iloc[-_MOST_LINES:].itertuples(index=False)]
    found = 0
    while found < len(texts) and _is_summary(texts[-1 - found]):
        found += 1
    if not found or found == len(frame):
        return frame, []
    words = texts[len(texts) - found :]
    above = frame.iloc[:-found]
    firsts = above.iloc[:, 0]
    if firsts.dtype == object and any(_is_summary(str(text)) for text in firsts.dropna().unique()):
        return frame, []
    return above.copy(), [f"{counted(found, 'line')} of totals at the end dropped: {listed(words)}"]


def without_headers(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Drop the rows that repeat the column names, as files that were put together hold them."""
    if any(frame[name].dtype != object for name in frame.columns):
        return frame, []
    repeats = np.ones(len(frame), dtype=bool)
    for name in frame.columns:
        repeats[repeats] = [str(text).strip() == name for text in frame[name][repeats]]
    if not repeats.any():
        return frame, []
    return frame[~repeats].reset_index(drop=True), [f"{counted(int(repeats.sum()), 'repeated header line')} dropped"]


def _lead(row: tuple[object, ...]) -> str:
    """The first cell that holds something."""
    return next((str(value) for value in row if value is not None and value == value), "")


def _is_summary(text: str) -> bool:
    word = text.casefold().strip(" :;.*")
    for lead in _LEADS:
        word = word.removeprefix(lead)
    return word in _SUMMARIES
