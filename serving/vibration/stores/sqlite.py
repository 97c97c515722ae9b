"""States in an SQLite file: for the server processes of one machine, and for a volume that outlives a pod.

Each change is one transaction that takes the file's write lock before it reads, so that processes wait for each other.
A file in write-ahead mode survives the death of a process at any moment; a power cut may lose the last few changes.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from serving.vibration.stores.store import OLD, Change, StoreError

_PATIENCE = 5.0
"""Seconds to wait for another process."""
_TABLE = """
CREATE TABLE IF NOT EXISTS machine_states (
    model TEXT NOT NULL, machine TEXT NOT NULL, seen REAL NOT NULL, state BLOB NOT NULL, told BLOB NOT NULL,
    PRIMARY KEY (model, machine)
) WITHOUT ROWID
"""
_INDEX = "CREATE INDEX IF NOT EXISTS machine_states_seen ON machine_states (model, seen)"
_KEEP = "INSERT OR REPLACE INTO machine_states VALUES (?, ?, ?, ?, ?)"
_FORGET = """
DELETE FROM machine_states WHERE model = ?1 AND machine IN
(SELECT machine FROM machine_states WHERE model = ?1 ORDER BY seen LIMIT ?2)
"""


class SqliteStore:
    """path: the file, made with its folder when it is first used; most: machines a model."""

    shared = True

    def __init__(self, path: Path, most: int) -> None:
        self.says = f"sqlite at {path}"
        self._path, self._most = path, most
        self._connection: sqlite3.Connection | None = None

    def change(self, model: str, machines: Sequence[str], change: Change) -> int:
        """See Store."""
        with self._transaction() as run:
            states = {machine: self._state(run, model, machine) for machine in machines}
            kept, now = change(states), time.time()
            for machine, one in kept.items():
                run.execute(_KEEP, (model, machine, now, one.state, one.told))
            new = any(state is None for state in states.values())
            return self._forget(run, model) if new else 0

    def _state(self, run: sqlite3.Connection, model: str, machine: str) -> bytes | None:
        query = "SELECT state FROM machine_states WHERE model = ? AND machine = ?"
        found = run.execute(query, (model, machine)).fetchone()
        return None if found is None else found[0]

    def _forget(self, run: sqlite3.Connection, model: str) -> int:
        run.execute("DELETE FROM machine_states WHERE seen < ?", (time.time() - OLD,))
        (n,) = run.execute("SELECT count(*) FROM machine_states WHERE model = ?", (model,)).fetchone()
        if n <= self._most:
            return 0
        return run.execute(_FORGET, (model, n - self._most)).rowcount

    def told(self, model: str) -> dict[str, tuple[float, bytes]]:
        """See Store."""
        query = "SELECT machine, seen, told FROM machine_states WHERE model = ? ORDER BY seen DESC"
        with self._told_why():
            rows = self._open().execute(query, (model,)).fetchall()
        return {machine: (seen, told) for machine, seen, told in rows}

    def close(self) -> None:
        """See Store."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                self._path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False, cached_statements=32
            )
            try:
                for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", _TABLE, _INDEX):
                    connection.execute(statement)
            except sqlite3.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._told_why():
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.execute("COMMIT")

    @contextmanager
    def _told_why(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as problem:
            self.close()
            raise StoreError(f"{self.says}: {' '.join(str(problem).split())[:200]}") from problem
