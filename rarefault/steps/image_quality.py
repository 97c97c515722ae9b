"""Judge how close generated images come to real ones: distances, copies, diversity, and pictures for people."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rarefault import presets, progress
from rarefault.datasets.images import ImageSet
from rarefault.generators.image import ImageGenerator, load_image_generator
from rarefault.generators.image.translator import Translator
from rarefault.metrics.images.features import NETWORK
from rarefault.metrics.images.interpolation import interpolate
from rarefault.metrics.images.projection import project_tsne
from rarefault.metrics.images.quality import nearest_pairs
from rarefault.metrics.images.quality import quality as quality_of
from rarefault.steps.image_settings import ChosenMethods, kept_results, processes, title_of
from rarefault.steps.record import read_json, recorded, write_json
from rarefault.tuning.images.jobs import fingerprint, run_jobs
from rarefault.tuning.images.samplers import SavedGenerator

_SHOWN, _PAIRS, _STRIPS = 24, 8, 3


@dataclass(frozen=True)
class _Bench:
    train: ImageSet
    methods: ChosenMethods
    draws: int
    most: int
    network: str
    seed: int
    place: str


@dataclass(frozen=True)
class _Job:
    name: str
    folder: str
    source: str
    label: str


@recorded
def judge_images(
    train: str,
    models: Sequence[str],
    quality: str,
    *,
    record: str,
    pipeline: str,
    preset: str = "quick",
    classical: Sequence[str] = (),
    fid_draws: int = 0,
    fid_network: str = NETWORK,
    checkpoints: str = "",
    seed: int = 0,
) -> dict[str, float]:
    """Write quality.json and pictures/ to folder `quality`: for each generator and class what `judge_class` finds.

    What is done is kept below `checkpoints`. Returns the mean Fréchet distance and how many warnings there are.
    """
    images = ImageSet.read(train)
    draws = presets.setting(pipeline, preset, "fid_draws", fid_draws)
    most = presets.preset(pipeline, preset)["fid_images"]
    jobs, titles = {}, {}
    for folder in models:
        source = read_json(Path(folder) / "source.json")
        titles[source["source"]] = title_of(source["source"], source["generator"])
        for number, label in enumerate(images.facts.defects):
            name = f"{source['source']}-{number}"
            jobs[name] = _Job(name, folder, source["source"], label)
    watch = progress.watch("judge_images", "class")
    with kept_results(checkpoints, "judge") as place:
        bench = _Bench(images, ChosenMethods(tuple(classical)), draws, most, fid_network, seed, str(place))
        found = run_jobs(judge_class, bench, jobs, place, _identity(bench, models), processes(), watch)
        (Path(quality) / "pictures").mkdir(parents=True, exist_ok=True)
        for name in jobs:
            shutil.copy(place / f"{name}.npz", Path(quality) / "pictures")
    entries = [{"name": name, "title": titles[entry["source"]], **entry} for name, entry in found.items()]
    write_json(Path(quality) / "quality.json", {"distances": entries})
    mean = float(np.mean([entry["fid"]["original"]["fid"]["mean"] for entry in entries]))
    return {"mean_frechet": mean, "warnings": sum(len(entry["warnings"]) for entry in entries)}


def _identity(bench: _Bench, models: Sequence[str]) -> str:
    known = [SavedGenerator(folder).identity for folder in models]
    return f"{fingerprint(bench.train)} {bench.methods} {bench.draws} {bench.most} {bench.network} {bench.seed} {known}"


def judge_class(bench: _Bench, job: _Job) -> dict[str, Any]:
    """One generator and one class: what `quality_of` says, the points of the t-SNE plot, and NAME.npz with pictures.

    The pictures are generated and real images side by side, other generated ones for the experts' test, those nearest
    to a real one, and strips through the latent space or, of a translator, from background to defect and back.
    """
    generator, real = load_image_generator(job.folder), bench.train.of(job.label)
    groups = None if bench.train.groups is None else bench.train.groups[bench.train.labels == job.label]
    picked = np.sort(np.random.default_rng([bench.seed, 7]).permutation(len(real))[: bench.most or None])
    real, groups = real[picked], None if groups is None else groups[picked]
    most = max(bench.train.counts.values())
    generator.rewind()
    found = quality_of(
        real,
        lambda n: generator.sample(n, job.label),
        augmented=bench.methods(real, min(most, 2 * len(real)), bench.seed),
        groups=groups,
        draws=bench.draws,
        network=bench.network,
        seed=bench.seed,
        threads=1,
    )
    generator.rewind()
    drawn = generator.sample(len(real), job.label)
    pictures: dict[str, Any] = {
        "drawn": drawn[:_SHOWN],
        "real": real[np.linspace(0, len(real) - 1, min(_SHOWN, len(real))).round().astype(int)],
        "asked": generator.sample(_SHOWN, job.label),
        **_nearest(real, drawn, bench.network),
    }
    strips: dict[str, Any] = _strips(generator, bench.train, job.label, bench.seed)
    np.savez(Path(bench.place) / f"{job.name}.npz", **pictures, **strips)
    points = project_tsne(real, drawn, bench.network, bench.seed, 1)
    return {"source": job.source, "label": job.label, **found, "points": points}


def _nearest(real: np.ndarray, drawn: np.ndarray, network: str) -> dict[str, np.ndarray]:
    pairs = nearest_pairs(real, drawn, _PAIRS, network, 1)
    return {f"nearest_{name}": values for name, values in pairs.items()}


def _strips(generator: ImageGenerator, train: ImageSet, label: str, seed: int) -> dict[str, np.ndarray]:
    """Strips (k, columns, c, h, w): before and after both ways of a translator, else through the latent space."""
    if isinstance(generator, Translator):
        clean, damaged = train.of(generator.background_)[:_STRIPS], train.of(label)[:_STRIPS]
        background = generator.background_
        made, mended = generator.translate(clean, label), generator.translate(damaged, background, label)
        back, again = generator.translate(made, background, label), generator.translate(mended, label)
        return {"produced": np.stack([clean, made, back], axis=1), "eliminated": np.stack([damaged, mended, again], 1)}
    found = interpolate(generator, label, pairs=_STRIPS, seed=seed)
    return {} if found is None else {"latent": found["latent"], "fade": found["fade"]}
