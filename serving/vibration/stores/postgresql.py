"""States in PostgreSQL: for the replicas of a cluster, which answer as one.

A change is one transaction that locks the rows of its machines, in the order of their names, before it reads them.
"""

import os
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from pg8000.exceptions import DatabaseError, Error
from pg8000.native import Connection

from serving.vibration.stores.store import OLD, Change, Kept, StoreError

_SECONDS, _PATIENCE = 3.0, 5.0
"""For which a query, the wait for another replica among it, may last, and for which an answer is waited for."""
_PAUSE = 1.0
"""Seconds after a failure in which nobody waits for the next one."""
_SERIAL = 7_265_021
"""The advisory lock under which the table is made: two replicas that start together would disturb each other."""
_TABLE = """
CREATE TABLE IF NOT EXISTS rarefault_machine_states (
    model text NOT NULL, machine text NOT NULL, seen double precision NOT NULL, state text, told text,
    PRIMARY KEY (model, machine)
)
"""
_INDEX = "CREATE INDEX IF NOT EXISTS rarefault_machine_states_seen ON rarefault_machine_states (model, seen)"
_LOCK = """
INSERT INTO rarefault_machine_states AS known (model, machine, seen) VALUES (:model, :machine, :now)
ON CONFLICT (model, machine) DO UPDATE SET seen = greatest(known.seen, excluded.seen) RETURNING state
"""
_KEEP = "UPDATE rarefault_machine_states SET state = :state, told = :told WHERE model = :model AND machine = :machine"
_COUNT = "SELECT count(*) FROM rarefault_machine_states WHERE model = :model"
_FORGET = """
DELETE FROM rarefault_machine_states WHERE model = :model AND machine IN (
    SELECT machine FROM rarefault_machine_states WHERE model = :model ORDER BY seen LIMIT :surplus
    FOR UPDATE SKIP LOCKED
) RETURNING machine
"""
_FORGET_OLD = "DELETE FROM rarefault_machine_states WHERE seen < :old"
_TOLD = """
SELECT machine, seen, told FROM rarefault_machine_states WHERE model = :model AND told IS NOT NULL ORDER BY seen DESC
"""


class PostgresqlStore:
    """address: postgresql://USER[:PASSWORD]@HOST[:PORT]/DATABASE[?sslmode=require|verify-full]; most: machines a model.

    A password that is not in the address is taken from PGPASSWORD. Raises ValueError for another sslmode.
    """

    shared = True

    def __init__(self, address: str, most: int) -> None:
        self._settings = settings_of(address)
        self._most = most
        self.says = "postgresql at {host}:{port}/{database}".format(**self._settings)
        self._connection: Connection | None = None
        self._known: dict[str, Any] = {}
        self._failed, self._reason = -_PAUSE, ""

    def change(self, model: str, machines: Sequence[str], change: Change) -> int:
        """See Store."""
        with self._told_why():
            try:
                states = self._locked(model, machines)
            except Error as problem:
                if _answered(problem):
                    raise
                self.close()  # the server was started anew, or cut the connection while it was idle
                states = self._locked(model, machines)
        try:
            kept = change(states)
        except BaseException:
            self._roll_back()
            raise
        with self._told_why():
            return self._kept(model, states, kept)

    def _locked(self, model: str, machines: Sequence[str]) -> dict[str, bytes | None]:
        self._open().run("BEGIN")
        now = time.time()
        texts = {machine: self._run(_LOCK, model=model, machine=machine, now=now)[0][0] for machine in sorted(machines)}
        return {machine: None if text is None else text.encode() for machine, text in texts.items()}

    def _kept(self, model: str, states: Mapping[str, bytes | None], kept: Mapping[str, Kept]) -> int:
        for machine, one in kept.items():
            self._run(_KEEP, model=model, machine=machine, state=one.state.decode(), told=one.told.decode())
        forgotten = self._forget(model) if None in states.values() else 0
        self._open().run("COMMIT")
        return forgotten

    def _forget(self, model: str) -> int:
        self._run(_FORGET_OLD, old=time.time() - OLD)
        surplus = self._run(_COUNT, model=model)[0][0] - self._most
        return len(self._run(_FORGET, model=model, surplus=surplus)) if surplus > 0 else 0

    def told(self, model: str) -> dict[str, tuple[float, bytes]]:
        """See Store."""
        with self._told_why():
            return {machine: (seen, told.encode()) for machine, seen, told in self._asked(_TOLD, model=model)}

    def close(self) -> None:
        """See Store."""
        connection, self._connection, self._known = self._connection, None, {}
        if connection is not None:
            with suppress(Error, OSError):  # it may be broken
                connection.close()

    def _asked(self, statement: str, **values: Any) -> Any:
        """What a query that changes nothing finds; once more over a new connection if the old one was broken."""
        try:
            return self._run(statement, **values)
        except Error as problem:
            if _answered(problem):
                raise
            self.close()
            return self._run(statement, **values)

    def _run(self, statement: str, **values: Any) -> Any:
        connection = self._open()
        if statement not in self._known:
            self._known[statement] = connection.prepare(statement)
        return self._known[statement].run(**values)

    def _open(self) -> Connection:
        if self._connection is None:
            connection = connect(self._settings)
            connection.run(f"SET statement_timeout = {int(_SECONDS * 1000)}")
            connection.run("BEGIN")
            connection.run(f"SELECT pg_advisory_xact_lock({_SERIAL})")
            connection.run("SET LOCAL client_min_messages = warning")
            connection.run(_TABLE)
            connection.run(_INDEX)
            connection.run("COMMIT")
            self._connection = connection
        return self._connection

    def _roll_back(self) -> None:
        try:
            self._open().run("ROLLBACK")
        except (Error, OSError):
            self.close()

    @contextmanager
    def _told_why(self) -> Iterator[None]:
        if time.monotonic() - self._failed < _PAUSE:
            raise StoreError(self._reason)
        try:
            yield
        except (Error, OSError, ssl.SSLError) as problem:
            self.close()
            self._failed, self._reason = time.monotonic(), f"{self.says}: {_cause(problem)}"
            raise StoreError(self._reason) from problem


def _answered(problem: Error) -> bool:
    """Whether the server itself refused, so that it is no use to ask again; not when it is just being shut down."""
    return isinstance(problem, DatabaseError) and not _told_code(problem).startswith("57P")


def _told_code(problem: Error) -> str:
    told = problem.args[0] if problem.args else None
    return str(told.get("C", "")) if isinstance(told, dict) else ""


def _cause(problem: BaseException) -> str:
    told = problem.args[0] if problem.args else ""
    text = told.get("M", "") if isinstance(told, dict) else getattr(problem, "strerror", None) or str(told)
    return " ".join(str(text).split())[:200] or type(problem).__name__


def connect(settings: Mapping[str, Any]) -> Connection:
    """A new connection; raises pg8000's errors and OSError."""
    sock = socket.create_connection((settings["host"], settings["port"]), timeout=_PATIENCE)
    # pg8000 sends a longer message in parts; the system would hold the second one back for 40 ms
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return Connection(**settings, sock=sock, application_name="rarefault")


def settings_of(address: str) -> dict[str, Any]:
    """What pg8000 takes; raises ValueError for another sslmode."""
    parts = urlsplit(address)
    mode = parse_qs(parts.query).get("sslmode", ["disable"])[0]
    if mode not in ("disable", "require", "verify-full"):
        raise ValueError(f"sslmode must be disable, require or verify-full, got {mode[:40]!r}")
    context = None if mode == "disable" else ssl.create_default_context()
    if mode == "require" and context is not None:  # as libpq takes it: encrypted, whoever it is
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    password = unquote(parts.password) if parts.password else os.environ.get("PGPASSWORD")
    return {
        "user": unquote(parts.username or os.environ.get("PGUSER", "")) or "rarefault",
        "host": parts.hostname,
        "port": parts.port or 5432,
        "database": unquote(parts.path.strip("/")),
        "password": password,
        "ssl_context": context if context is not None else False,
    }
