"""Where the request log goes: standard output, a file, or an HTTP address."""

import os
import sys
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit


class SinkError(Exception):
    """Some texts were not written: how many, and one line that says why."""

    def __init__(self, lost: int, reason: str) -> None:
        super().__init__(reason)
        self.lost = lost


class Sink(Protocol):
    """Takes JSON texts without line breaks; called from one thread."""

    def write(self, texts: list[bytes]) -> None:
        """Write them, or raise SinkError."""

    def close(self) -> None:
        """Give back what is held."""


def open_sink(place: str, kind: str) -> Sink:
    """The sink of '-', a path or an http(s) address; kind, json or cloudevents, decides the media type there."""
    if place == "-":
        return Lines(sys.stdout.fileno())
    if place.startswith(("http://", "https://")):
        return Http(place, "application/cloudevents+json" if kind == "cloudevents" else "application/json")
    if "://" in place:
        raise ValueError(f"request_log_sink must be '-', a file, or an http(s) address, got {place!r}")
    try:
        return Lines(os.open(Path(place), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640))
    except OSError as problem:
        raise ValueError(f"request_log_sink {place!r} cannot be written: {problem.strerror}") from problem


class Lines:
    """One text a line, to a file descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, texts: list[bytes]) -> None:
        """Append the lines."""
        rest = memoryview(b"\n".join(texts) + b"\n")
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as problem:
            raise SinkError(len(texts), str(problem.strerror)) from problem

    def close(self) -> None:
        """Close a file, not standard output."""
        if self._descriptor > 2:
            os.close(self._descriptor)


class Http:
    """One POST a text, over one connection that is opened again when it fails."""

    def __init__(self, address: str, media: str) -> None:
        from http.client import HTTPConnection, HTTPException, HTTPSConnection

        parts = urlsplit(address)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=5)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._headers, self._failures = {"Content-Type": media}, (OSError, HTTPException)

    def write(self, texts: list[bytes]) -> None:
        """Post them one by one, each once more if the connection had been closed; the first that fails ends it."""
        for at, text in enumerate(texts):
            try:
                self._post(text)
            except self._failures:
                self._connection.close()
                self._post_again(text, lost=len(texts) - at)

    def _post_again(self, text: bytes, lost: int) -> None:
        try:
            self._post(text)
        except self._failures as problem:
            self._connection.close()
            raise SinkError(lost, f"{type(problem).__name__}: {problem}") from problem

    def _post(self, text: bytes) -> None:
        self._connection.request("POST", self._path, text, self._headers)
        answer = self._connection.getresponse()
        answer.read()
        if answer.status >= 300:
            raise OSError(f"HTTP {answer.status}")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
