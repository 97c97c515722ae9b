"""Ours beside FastAPI with torch, each held to half a CPU: one image of 96 x 96 pixels a request, as a PNG in base64.

    python -m benchmarks.serving.images [--rounds 3] [--seconds 4] [--networks table5-cnn resnet18]

Every round starts every server anew, one after the other; the figures are medians over the rounds, the ratio is the
median of each round's ratio. Every answer is checked, byte for byte, against one whose probabilities were compared with
torch's in this process. On a busy machine trust the CPU time of a request: the rate is 0.5 CPU over it where the server
gets its half.
"""

import argparse
import json
import os
import sys
import tempfile
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from benchmarks.printing import machine, markdown
from benchmarks.serving.bodies import Request, on_the_wire
from benchmarks.serving.limit import limited
from benchmarks.serving.measured import CORES, Burst, Server, free_port, serving
from rarefault.classifiers.image import Inspector
from rarefault.datasets.images import ImageFacts, ImageSet
from serving.exporting import export_image
from serving.exporting.image import png

NAME, SIZE, CLASSES = "steel", 96, ("intact", "pits", "rust")
RATE, CONNECTIONS, WARM, MEGABYTES = 20, 8, 0.5, 1024
TOLERANCE = 1e-4
OURS, RIVAL = "ours", "FastAPI + torch"


@dataclass(frozen=True)
class Figures:
    """One server in one round."""

    flat_out: Burst
    paced: Burst
    ready: float
    megabytes: float


def make(network: str, folder: Path, n: int = 32) -> list[Request]:
    """Train a network for one epoch on noise, export it, and the requests with torch's answers."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (n, 1, SIZE, SIZE), dtype=np.uint8)
    labels = np.array([CLASSES[at % 3] for at in range(n)], dtype=object)
    known = ImageSet(images, labels, ImageFacts(CLASSES, CLASSES[0]))
    params = {"network": network, "epochs": 1, "batch": 16, "device": "cpu"}
    inspector = Inspector.from_params(params).fit(images, known.codes, CLASSES)
    inspector.save(folder / "inspector")
    export_image(inspector, known, folder / "model", name=NAME, version="1", classifier=network)
    truth = inspector.probabilities(images[:16]).max(axis=1)
    return [request(own, probability) for own, probability in zip(images, truth, strict=False)]


def request(pixels: np.ndarray, probability: float) -> Request:
    body = json.dumps({"instances": [{"b64": b64encode(png(pixels)).decode()}]}).encode()
    path = f"/v1/models/{NAME}:predict"
    return Request(on_the_wire(path, body, "content-type: application/json"), np.array([probability]))


def ours(folder: Path, port: int) -> list[str]:
    flags = ["--model_dir", str(folder / "model"), "--http_port", str(port), "--host", "127.0.0.1"]
    return [sys.executable, "-m", "serving.server", *flags, "--log_level", "warning"]


def rival(folder: Path, port: int) -> list[str]:
    return [sys.executable, "-m", "benchmarks.serving.programs.fastapi_torch", str(folder / "inspector"), str(port)]


SERVERS: Mapping[str, Callable[[Path, int], list[str]]] = {OURS: ours, RIVAL: rival}


def checked_answers(server: Server, requests: Sequence[Request]) -> list[list[bytes]]:
    """The right answer of each request, byte for byte; raises RuntimeError for a wrong one."""
    found = []
    for one in requests:
        head, body = server.ask(one)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"not a 200: {head[:60]!r} {body[:300]!r}")
        probability = json.loads(body)["predictions"][0]["probability"]
        if abs(probability - one.probabilities[0]) > TOLERANCE:
            raise RuntimeError(f"wrong probability: {probability}, not {one.probabilities[0]}")
        found.append([body])
    return found


def one_round(name: str, folder: Path, requests: Sequence[Request], seconds: float) -> Figures:
    port = free_port()
    with serving(SERVERS[name](folder, port), port, folder / "server.log", CORES, MEGABYTES) as server:
        answers = checked_answers(server, requests)
        server.burst(requests, WARM, CONNECTIONS, answers=answers)
        flat_out = server.burst(requests, seconds, CONNECTIONS, answers=answers)
        paced = server.burst(requests, seconds, CONNECTIONS, RATE, answers)
        found = Figures(flat_out, paced, server.ready, server.megabytes())
    failures = {**flat_out.failures, **paced.failures}
    if failures:
        raise RuntimeError(f"{name}: {failures}")
    return found


def table(rounds: Mapping[tuple[str, str], Sequence[Figures]]) -> str:
    """The medians of every network and server."""
    rows = []
    for (network, name), figures in rounds.items():
        ratio = median(
            rival.flat_out.cpu_us / own.flat_out.cpu_us
            for rival, own in zip(rounds[network, RIVAL], figures, strict=True)
        )
        rows.append(
            [
                f"{network}, {name}",
                f"{median(f.flat_out.rps for f in figures):,.0f}",
                f"{median(f.flat_out.cpu_us for f in figures) / 1000:,.2f}",
                f"{median(f.flat_out.rps_at_limit for f in figures):,.0f}",
                f"{median(f.paced.ms['95'] for f in figures):,.1f}",
                f"{median(f.megabytes for f in figures):,.0f}",
                f"{median(f.ready for f in figures):.1f}",
                f"{ratio:.2f}",
            ]
        )
    header = [
        f"one {SIZE} x {SIZE} PNG a request",
        "requests/s",
        "CPU a request, ms",
        f"{CORES:g} CPU / CPU a request, /s",
        f"p95 at {RATE}/s, ms",
        "memory after, MB",
        "ready, s",
        "rate over FastAPI + torch",
    ]
    return markdown(header, rows)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each stretch of load (default: 4)")
    parser.add_argument("--networks", nargs="+", default=["table5-cnn", "resnet18"])
    asked = parser.parse_args(arguments)
    rounds: dict[tuple[str, str], list[Figures]] = {}
    with tempfile.TemporaryDirectory() as place:
        for network in asked.networks:
            folder = Path(place) / network
            folder.mkdir()
            requests = make(network, folder)
            for _ in range(asked.rounds):
                for name in SERVERS:
                    rounds.setdefault((network, name), []).append(one_round(name, folder, requests, asked.seconds))
    with limited(CORES, MEGABYTES) as limit:
        how = limit.says(CORES, MEGABYTES)
    print(f"{machine()}; {how}; medians of {asked.rounds} rounds\n")
    print(table(rounds))


if __name__ == "__main__":
    main()
