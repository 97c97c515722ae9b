"""The server's settings: command line first, then RAREFAULT_* environment variables, then defaults."""

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from serving.vibration.addresses import check_address, has_password

KSERVE_FLAGS = (
    "access_log_format",
    "configure_logging",
    "enable_docs_url",
    "enable_grpc",
    "enable_latency_logging",
    "enable_predictor_health_check",
    "event-loop",
    "grpc_max_receive_message_length",
    "grpc_max_send_message_length",
    "grpc_port",
    "log_config_file",
    "max_asyncio_workers",
    "max_threads",
    "predictor_host",
    "predictor_protocol",
    "predictor_request_retries",
    "predictor_request_timeout_seconds",
    "predictor_use_ssl",
    "protocol",
    "timeout-keep-alive",
    "workers",
)
"""Flags of KServe's own servers that mean nothing here: accepted and ignored."""

MIB = 1 << 20
PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
"""Names that may stand in an address."""


@dataclass(frozen=True)
class Settings:
    """model_dir: a model folder, or a folder of them. Sizes in bytes, times in seconds; reload_seconds 0 = never.

    idle_seconds: longer than Go's HTTP clients, Knative's proxies among them, keep a connection (90 s), so that none of
    them sends a request just when it is closed.
    missing: what to do with null and NaN, refuse or fill (with the training median or most frequent level).
    state: where the states of machines are kept; max_machines: whose states are kept, for each model of vibration.
    request_log: off, json or cloudevents; request_log_sink: '-' (stdout), a file, or an http(s) address.
    """

    model_dir: Path = Path("/mnt/models")
    model_name: str = ""
    http_port: int = 8080
    host: str = "0.0.0.0"
    max_body: int = 4 * MIB
    max_rows: int = 10_000
    max_images: int = 256
    max_pixels: int = 1 << 24
    max_snapshots: int = 256
    max_machines: int = 1000
    state: str = "memory"
    reload_seconds: float = 2.0
    missing: str = "refuse"
    request_log: str = "off"
    request_log_sink: str = "-"
    log_level: str = "info"
    read_seconds: float = 10.0
    idle_seconds: float = 120.0
    drain_seconds: float = 1.0

    def __post_init__(self) -> None:
        if self.model_name and not PLAIN_NAME.fullmatch(self.model_name):
            raise ValueError(f"model_name must be letters, digits, '.', '_' and '-', got {self.model_name!r}")
        _one_of("missing", self.missing, ("refuse", "fill"))
        _one_of("request_log", self.request_log, ("off", "json", "cloudevents"))
        _one_of("log_level", self.log_level, ("debug", "info", "warning", "error"))
        _between("http_port", self.http_port, 0, 65535)
        _between("max_body", self.max_body, 1024, 1024 * MIB)
        _between("max_rows", self.max_rows, 1, 10_000_000)
        _between("max_images", self.max_images, 1, 100_000)
        _between("max_pixels", self.max_pixels, 64, 1 << 28)
        _between("max_snapshots", self.max_snapshots, 1, 100_000)
        _between("max_machines", self.max_machines, 1, 1_000_000)
        check_address(self.state)
        _between("reload_seconds", self.reload_seconds, 0, 86_400)
        _between("read_seconds", self.read_seconds, 0.1, 3600)
        _between("idle_seconds", self.idle_seconds, 1, 86_400)
        _between("drain_seconds", self.drain_seconds, 0, 3600)


def _one_of(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}")


def _between(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} must be between {low} and {high}, got {value}")


_HELP = {
    "model_dir": "the model folder, or a folder of model folders",
    "model_name": "the name the model is served under (default: the name in its model.json)",
    "http_port": "port; 0 takes a free one",
    "host": "address to listen on",
    "max_body": "largest accepted body, in bytes",
    "max_rows": "most rows in a request",
    "max_images": "most images in a request",
    "max_pixels": "most pixels of all images in a request together, as they were sent",
    "max_snapshots": "most snapshots of vibration in a request",
    "max_machines": "machines whose states are kept for each model; the one seen longest ago gives way",
    "state": "where they are kept: memory, sqlite:///PATH or postgresql://USER@HOST:PORT/DATABASE (the password as "
    "PGPASSWORD, or in RAREFAULT_STATE)",
    "reload_seconds": "how often to look for a new model version; 0 = never",
    "missing": "null and NaN: refuse, or fill with the training median or most frequent level",
    "request_log": "off, json (lines) or cloudevents",
    "request_log_sink": "'-' (stdout), a file, or an http(s) address",
    "log_level": "debug, info, warning or error",
    "read_seconds": "a request must have arrived after so many seconds",
    "idle_seconds": "an idle connection is closed after so many seconds",
    "drain_seconds": "after SIGTERM, how long requests are still accepted",
}


class _OneLine(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}; see --help\n")


def parse(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[Settings, list[str]]:
    """The settings, and which flags were ignored; a wrong one ends the process with one line and code 2."""
    parser = _OneLine(prog="serving.server", description=__doc__, allow_abbrev=False)
    defaults = Settings()
    for name, text in _HELP.items():
        standard = getattr(defaults, name)
        parser.add_argument(f"--{name}", type=type(standard), default=None, help=f"{text} (default: {standard})")
    for flag in KSERVE_FLAGS:
        parser.add_argument(f"--{flag}", dest=f"ignored_{flag}", nargs="?", const="", help=argparse.SUPPRESS)
    given = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
    ignored = [name.removeprefix("ignored_") for name in given if name.startswith("ignored_")]
    flags = {name: value for name, value in given.items() if not name.startswith("ignored_")}
    if has_password(flags.get("state", "")):
        parser.error(
            "--state must not hold a password, which every user of this machine could read; use RAREFAULT_STATE"
        )
    try:
        return Settings(**(_from_environment(defaults, environment) | flags)), ignored
    except ValueError as problem:
        print(f"error: {problem}", file=sys.stderr)
        raise SystemExit(2) from None


def _from_environment(defaults: Settings, environment: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _HELP:
        text = environment.get(f"RAREFAULT_{name.upper()}")
        if text is not None:
            kind = type(getattr(defaults, name))
            try:
                found[name] = kind(text)
            except ValueError:
                raise ValueError(f"RAREFAULT_{name.upper()} must be {kind.__name__}, got {text!r}") from None
    return found
