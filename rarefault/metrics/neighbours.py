"""Is a synthetic row a copy of a training row?"""

import numpy as np
import pandas as pd

from rarefault.datasets.table import row_hashes
from rarefault.generators.table.encoding import TableEncoder
from rarefault.metrics.columns import check_tables

_QUERIES = 5_000
_CELLS = 8_000_000


def near_copies(rows: pd.DataFrame, train: pd.DataFrame) -> float:
    """Share of rows that are closer to a training row than training rows are to one another.

    Closer means: equal to one, or nearer than the 5th percentile of the distances between a training row and its
    nearest fellow, in the [-1, 1]-scaled space of the training rows. Rows unknown in training should score about .05.
    Of tables with more than 5,000 rows every k-th row is asked for its neighbours.
    """
    check_tables(train=train, rows=rows)
    encoder = TableEncoder().fit(train)
    Z = encoder.encode(train)
    own = _nearest(Z, Z, own=True) if len(Z) > 1 else np.zeros(1)
    distance = _nearest(_thinned(encoder.encode(rows)), Z)
    return float(((distance == 0) | (distance < np.quantile(own, 0.05))).mean())


def exact_copies(rows: pd.DataFrame, train: pd.DataFrame) -> float:
    """Share of rows that equal a training row in every column."""
    check_tables(train=train, rows=rows)
    return float(np.isin(row_hashes(rows), row_hashes(train)).mean())


def _thinned(Z: np.ndarray) -> np.ndarray:
    return Z[:: max(1, -(-len(Z) // _QUERIES))]


def _nearest(queries: np.ndarray, rows: np.ndarray, own: bool = False) -> np.ndarray:
    """Euclidean distance from each query (q, d) to the nearest of rows (m, d); own: queries are thinned from rows."""
    positions = np.arange(len(queries))
    if own:
        positions = _thinned(positions)
        queries = queries[positions]
    squares = (rows**2).sum(axis=1)
    nearest = np.empty(len(queries), dtype=np.int64)
    block = max(1, _CELLS // len(rows))
    for start in range(0, len(queries), block):
        chunk = slice(start, start + block)
        scores = squares - 2.0 * queries[chunk] @ rows.T  # squared distance, less the query's own square
        if own:
            scores[np.arange(len(scores)), positions[chunk]] = np.inf
        nearest[chunk] = scores.argmin(axis=1)
    return np.asarray(np.linalg.norm(queries - rows[nearest], axis=1))
