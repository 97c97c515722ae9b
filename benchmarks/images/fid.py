"""The FID of 1,000 images: time, memory and value, against plain torch with scipy's matrix root, in one run.

python -m benchmarks.images.fid [--images N] [--threads N] [--network NAME]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.printing import machine, markdown, verdict
from rarefault.metrics.images.efficientnet import weights_file
from rarefault.metrics.images.features import NETWORK, features, network_name
from rarefault.metrics.images.frechet import frechet_distance

SIZE, MOST_SECONDS, DIFFERENCE = 96, 25.0, 1e-3
WAYS = ("ours", "plain")


def surfaces(n: int, seed: int) -> np.ndarray:
    """Grey images (n, 1, 96, 96) uint8 of grain at several scales; a seed shifts their level a little."""
    rng = np.random.default_rng(seed)
    pixels = np.full((n, SIZE, SIZE), 120.0 + 10 * seed)
    for cell in (1, 4, 16):
        grain = rng.normal(size=(n, SIZE // cell, SIZE // cell)) * rng.uniform(5, 30, (n, 1, 1))
        pixels += grain.repeat(cell, axis=1).repeat(cell, axis=2)
    images: np.ndarray = np.clip(pixels, 0, 255).astype(np.uint8)[:, None]
    return images


def plain_features(images: np.ndarray, threads: int) -> np.ndarray:
    """EfficientNet-Lite0 as its own package writes it, eagerly, in batches of 32."""
    import torch
    from efficientnet_lite_pytorch import EfficientNet
    from torch.nn.functional import interpolate

    torch.set_num_threads(threads)
    network = EfficientNet.from_name("efficientnet-lite0").eval()
    network.load_state_dict(torch.load(weights_file(), weights_only=True))
    rows = []
    with torch.inference_mode():
        for batch in torch.split(torch.from_numpy(images), 32):
            x = interpolate(batch.float(), (224, 224), mode="bilinear", antialias=True).expand(-1, 3, -1, -1)
            rows.append(network.extract_features((x - 127) / 128).mean((2, 3)))
    return torch.cat(rows).double().numpy()


def plain_distance(a: np.ndarray, b: np.ndarray) -> float:
    """The Fréchet distance as its definition says, with scipy's root of the product of the covariances."""
    from scipy.linalg import sqrtm

    A, B = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    return float(np.square(a.mean(0) - b.mean(0)).sum() + np.trace(A + B) - 2 * np.trace(sqrtm(A @ B)).real)


def measure(way: str, images: int, threads: int, network: str) -> dict[str, float]:
    """Seconds of the two parts, peak memory and the value, in a process of its own."""
    real, made = surfaces(images, 1), surfaces(images, 2)
    ours = way == "ours"
    see: Callable[[np.ndarray], np.ndarray] = (
        (lambda x: features(x, network, threads)) if ours else (lambda x: plain_features(x, threads))
    )
    see(surfaces(8, 3))  # loads the libraries and the network
    rows = see(real)
    start, used = time.perf_counter(), time.process_time()
    others = see(made)
    seen = time.perf_counter()
    value = (frechet_distance if ours else plain_distance)(rows, others)
    end = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "features": seen - start,
        "distance": end - seen,
        "both": end - start,
        "cpu": time.process_time() - used,
        "peak": peak / 1e3,
        "value": value,
    }


def in_a_process(way: str, images: int, threads: int, network: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.images.fid", "--images", str(images), "--threads", str(threads)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(
        [*command, "--network", network, "--measure", way], check=True, capture_output=True, text=True, env=environment
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def table(found: dict[str, dict[str, float]]) -> str:
    header = ["", "features, s", "distance, s", "both, s", "both, CPU s", "peak memory, MB", "value"]
    names = {"ours": "Rarefault", "plain": "plain torch and scipy's sqrtm"}
    digits = {"features": 1, "distance": 2, "both": 1, "cpu": 1, "peak": 0, "value": 4}
    rows = [[names[way], *(f"{f[part]:.{n}f}" for part, n in digits.items())] for way, f in found.items()]
    return markdown(header, rows)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--network", default=NETWORK, help="the plain way is left out for another than the default")
    parser.add_argument("--measure", choices=WAYS, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.measure:
        print(json.dumps(measure(asked.measure, asked.images, asked.threads, asked.network)))
        return
    ways = WAYS if asked.network == NETWORK else WAYS[:1]
    found = {way: in_a_process(way, asked.images, asked.threads, asked.network) for way in ways}
    print(f"FID of {asked.images} generated images of {SIZE} x {SIZE} against as many real ones;")
    print(f"{network_name(asked.network)}; the real images' features are there already;")
    print(f"{machine().rpartition(',')[0]}, {asked.threads} threads\n")
    print(table(found))
    ours = found["ours"]
    print(
        f"\nat most {MOST_SECONDS:.0f} s for 1,000 images on 2 cores: {ours['both']:.1f} s, "
        f"{verdict(ours['both'] <= MOST_SECONDS)}"
    )
    if "plain" in found:
        apart = abs(ours["value"] - found["plain"]["value"]) / found["plain"]["value"]
        print(f"the values differ by {apart:.1e} of the value, at most {DIFFERENCE}: {verdict(apart <= DIFFERENCE)}")


if __name__ == "__main__":
    main()
