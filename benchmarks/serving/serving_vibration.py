"""Snapshots of 2,560 samples at 100 a second, the server held to half a CPU; p95 at most 10 ms is the target.

    python -m benchmarks.serving.serving_vibration [--rounds 3] [--seconds 8] [--postgresql ADDRESS]

Twenty machines send in turn. The states are kept in memory, in an SQLite file, and in PostgreSQL where an address is
given. Beside them FastAPI with the library's model and streams in a dictionary, which forgets everything when it ends.
Every answer of ours is checked, byte for byte, against those of a server in this process, whose numbers are compared
with the library's; of the rival's only that there is one. On a busy machine trust the CPU time of a request.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from benchmarks.printing import machine, markdown, verdict
from benchmarks.serving.bodies import Request, on_the_wire
from benchmarks.serving.limit import limited
from benchmarks.serving.measured import CORES, MEGABYTES, Burst, free_port, serving
from rarefault.datasets.signals.signal_set import SignalFacts, SignalSet
from rarefault.degradation.model import DegradationModel
from serving.exporting import export_vibration
from serving.server.app import App
from serving.server.limits import Limits
from serving.server.reloading import apply
from serving.server.repository import Repository

NAME, SAMPLES, SHOP, HEALTHY = "screw", 2560, 20, 75
RATE, LIMIT_MS, CONNECTIONS, WARM = 100, 10.0, 8, 1
TOLERANCE = 1e-5
RIVAL = "FastAPI, in memory, JSON"
Answers = list[list[bytes]]


@dataclass(frozen=True)
class Made:
    """The folders of the exported and the saved model; snapshots (n, t) and what the library says of them in turn."""

    exported: Path
    saved: Path
    snapshots: np.ndarray
    verdicts: list[dict[str, Any]]


def make(folder: Path, n: int) -> Made:
    """A model of tones in noise, and n snapshots of SHOP machines in turn."""
    rng = np.random.default_rng(0)
    tones = np.sin(0.05 * np.arange(SAMPLES) + rng.uniform(0, 6, (HEALTHY + n, 1)))
    x = (tones + rng.normal(0, 0.4, tones.shape)).astype(np.float32)
    machines = np.array(["screw"] * HEALTHY, dtype=object)
    facts = SignalFacts(5000.0)
    known = SignalSet(x[:HEALTHY, None], np.arange(HEALTHY) * 60.0, machines, np.ones(HEALTHY, bool), facts)
    model = DegradationModel.fit(known, "vae")
    model.save(folder / "saved")
    export_vibration(model, known, folder / "exported", name=NAME, version="1")
    streams, told = [model.stream() for _ in range(SHOP)], []
    for at in range(n):  # one at a time, as they are sent: sums over more of them end in other digits
        one = streams[at % SHOP].push(float(model.indicator.indicate(x[HEALTHY + at :][:1, None])[0]))
        told.append({"indicator": one.indicator, "degree": one.degree, "state": one.state})
    return Made(folder / "exported", folder / "saved", x[HEALTHY:], told)


def as_json(made: Made, at: int) -> Request:
    one = {"machine": f"press-{at % SHOP}", "sequence": at // SHOP}
    samples = [float(str(value)) for value in made.snapshots[at]]
    body = json.dumps({"instances": [{**one, "snapshot": samples}]}, separators=(",", ":")).encode()
    return _request(f"/v1/models/{NAME}:predict", body, "content-type: application/json")


def as_binary(made: Made, at: int) -> Request:
    raw = made.snapshots[at].astype("<f4").tobytes()
    told = {"name": "snapshot", "shape": [1, SAMPLES], "datatype": "FP32"}
    tensor = {**told, "parameters": {"binary_data_size": len(raw)}}
    parameters = {"machine": f"press-{at % SHOP}", "sequence": at // SHOP}
    head = json.dumps({"inputs": [tensor], "parameters": parameters}, separators=(",", ":")).encode()
    lengths = ("content-type: application/octet-stream", f"inference-header-content-length: {len(head)}")
    return _request(f"/v2/models/{NAME}/infer", head + raw, *lengths)


def _request(path: str, body: bytes, *headers: str) -> Request:
    return Request(on_the_wire(path, body, *headers), np.empty(0))


FORMS: Mapping[str, Callable[[Made, int], Request]] = {"JSON": as_json, "binary": as_binary}


def right_answers(made: Made, requests: Sequence[Request]) -> Answers:
    """What our server answers to the requests in their order; raises RuntimeError where the library says otherwise."""
    app = App(4 << 20, Limits())
    apply(Repository(made.exported, "", "refuse").look(final=True), app)
    found = asyncio.run(_asked(app, requests))
    for body, wanted in zip(found, made.verdicts, strict=True):
        own = _read(json.loads(body))
        near = all(abs(own[key] - wanted[key]) <= TOLERANCE * max(1, wanted[key]) for key in ("indicator", "degree"))
        if not near or own["state"] != wanted["state"]:
            raise RuntimeError(f"the library says {wanted}, the server {own}")
    return [[body] for body in found]


async def _asked(app: App, requests: Sequence[Request]) -> list[bytes]:
    found: list[bytes] = []
    for request in requests:
        head, _, body = request.wire.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        headers = [tuple(line.split(b": ", 1)) for line in lines]
        scope = {"type": "http", "method": "POST", "path": first.split()[1].decode(), "headers": headers}
        message = {"type": "http.request", "body": body, "more_body": False}

        async def receive(message: dict[str, Any] = message) -> dict[str, Any]:
            return message

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                found.append(message["body"])

        await app(scope, receive, send)
    return found


def _read(told: dict[str, Any]) -> dict[str, Any]:
    if "predictions" in told:
        return dict(told["predictions"][0])
    return {output["name"]: output["data"][0] for output in told["outputs"]}


def ours(made: Made, port: int) -> list[str]:
    flags = ["--model_dir", str(made.exported), "--http_port", str(port), "--host", "127.0.0.1"]
    return [sys.executable, "-m", "serving.server", *flags, "--log_level", "error"]


def rival(made: Made, port: int) -> list[str]:
    return [sys.executable, "-m", "benchmarks.serving.programs.fastapi_vibration", str(made.saved), str(port)]


@contextmanager
def kept_in(state: str) -> Iterator[None]:
    """The server's environment names the store."""
    before = os.environ.get("RAREFAULT_STATE")
    os.environ["RAREFAULT_STATE"] = state
    try:
        yield
    finally:
        del os.environ["RAREFAULT_STATE"]
        if before is not None:
            os.environ["RAREFAULT_STATE"] = before


def one_round(
    command: Callable[[Made, int], list[str]], made: Made, requests: list[Request], answers: Answers, place: Path
) -> tuple[Burst, float]:
    """The figures at RATE, and the memory afterwards, MB; raises RuntimeError for any wrong or missing answer."""
    port, warm = free_port(), WARM * RATE
    with serving(command(made, port), port, place / "server.log", CORES, MEGABYTES) as server:
        first = server.burst(requests[:warm], WARM, CONNECTIONS, RATE, answers[:warm])
        seconds = (len(requests) - warm) / RATE
        paced = server.burst(requests[warm:], seconds, CONNECTIONS, RATE, answers[warm:])
        megabytes = server.megabytes()
    failures = {**first.failures, **paced.failures}
    if failures:
        raise RuntimeError(f"{command.__name__}: {failures}")
    return paced, megabytes


def contestants(postgresql: str, place: Path) -> Iterator[tuple[str, str, str]]:
    """Name, form and store of each of our ways, empty each time: a machine begins with its first snapshot."""
    for form in FORMS:
        yield f"ours, in memory, {form}", form, "memory"
        yield f"ours, SQLite, {form}", form, f"sqlite://{tempfile.mkdtemp(dir=place)}/states.db"
        if postgresql:
            _empty(postgresql)
            yield f"ours, PostgreSQL, {form}", form, postgresql


def table(rounds: Mapping[str, Sequence[tuple[Burst, float]]]) -> str:
    """The medians of every contestant."""
    rows = []
    for name, figures in rounds.items():
        bursts = [burst for burst, _ in figures]
        cpu, p95 = median(burst.cpu_us for burst in bursts), median(burst.ms["95"] for burst in bursts)
        cells = [median(burst.ms["50"] for burst in bursts), p95, median(burst.ms["99"] for burst in bursts)]
        rows.append(
            [
                name,
                *(f"{value:.1f}" for value in cells),
                f"{cpu / 1000:.2f}",
                f"{CORES * 1e6 / cpu:,.0f}",
                f"{median(megabytes for _, megabytes in figures):.0f}",
                "" if name == RIVAL else verdict(p95 <= LIMIT_MS),
            ]
        )
    header = [f"one snapshot of {SAMPLES:,} samples a request, {RATE}/s", "p50, ms", "p95, ms", "p99, ms"]
    header += ["CPU a request, ms", f"{CORES:g} CPU / CPU a request, /s", "memory after, MB", f"p95 <= {LIMIT_MS:g} ms"]
    return markdown(header, rows)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8, help="of load (default: 8)")
    parser.add_argument("--postgresql", default="", help="address of a database that may be written to")
    asked = parser.parse_args(arguments)
    rounds: dict[str, list[tuple[Burst, float]]] = {}
    with tempfile.TemporaryDirectory() as text:
        place = Path(text)
        made = make(place, RATE * (asked.seconds + WARM))
        every = range(len(made.snapshots))
        requests = {form: [build(made, at) for at in every] for form, build in FORMS.items()}
        answers = {form: right_answers(made, requests[form]) for form in FORMS}
        for _ in range(asked.rounds):
            for name, form, address in contestants(asked.postgresql, place):
                with kept_in(address):
                    rounds.setdefault(name, []).append(one_round(ours, made, requests[form], answers[form], place))
            found = one_round(rival, made, requests["JSON"], [[]] * len(made.verdicts), place)
            rounds.setdefault(RIVAL, []).append(found)
    with limited(CORES, MEGABYTES) as limit:
        how = limit.says(CORES, MEGABYTES)
    print(f"{machine()}; {how}; medians of {asked.rounds} rounds\n")
    print(table(rounds))
    if not asked.postgresql:
        print("\nPostgreSQL was left out: give its address with --postgresql")


def _empty(postgresql: str) -> None:
    from serving.vibration.stores.postgresql import connect, settings_of

    connection = connect(settings_of(postgresql))
    connection.run("DROP TABLE IF EXISTS rarefault_machine_states")
    connection.close()


if __name__ == "__main__":
    main()
