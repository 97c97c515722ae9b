"""Register trained image generators and the chosen inspector; the inspector becomes champion if it passes the gates."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from rarefault.classifiers.image import Inspector
from rarefault.datasets.images import ImageSet
from rarefault.registry.address import model_name
from rarefault.registry.image_answers import generator_answer, told, written
from rarefault.registry.lineage import code_version
from rarefault.registry.store import CHAMPION, Registry, Version
from rarefault.steps.challenge import Comparison, judge
from rarefault.steps.image_challenge import compare_inspectors
from rarefault.steps.image_settings import CLASSICAL
from rarefault.steps.record import read_json, recorded, write_json


@recorded
def register_image_generators(
    facts: str,
    models: Sequence[str],
    synthetic: Sequence[str],
    quality: str,
    generators: str,
    *,
    record: str,
    registry: str,
    run_id: str,
) -> dict[str, float]:
    """Register each generator in `models` with the images drawn from it, and write their versions to file `generators`.

    The file is a JSON list with source, generator, name, version, uri, settings and health.
    """
    store, data = Registry(registry), read_json(Path(facts) / "data.json")
    distances = read_json(Path(quality) / "quality.json")["distances"]
    entries = []
    for folder, drawn in zip(models, synthetic, strict=True):
        source, model = read_json(Path(folder) / "source.json"), read_json(Path(folder) / "model.json")
        kind = f"generator-{model['name']}" + ("-classical" if source["source"] == CLASSICAL else "")
        example = pd.DataFrame({"n": [2.0], "label": [model["classes"][0]]})
        version = store.register(
            model_name(data["name"], kind),
            folder,
            run_id=run_id,
            tags={
                "kind": "image-generator",
                "generator": model["name"],
                "data": data["name"],
                "data_fingerprint": data["fingerprint"],
                "code_version": code_version(),
                "settings": model["settings"],
                "health": model["health"],
            },
            metrics={
                f"frechet_{number}": entry["fid"]["original"]["fid"]["mean"]
                for number, entry in enumerate(distances)
                if entry["source"] == source["source"]
            },
            example=example,
            output=generator_answer(folder)(example),
            extras={"synthetic": Path(drawn)},
        )
        entries.append({**source, **_address(version), "settings": model["settings"], "health": model["health"]})
    write_json(generators, entries)
    return {"generators": len(entries)}


def _address(version: Version) -> dict[str, str]:
    return {"name": version.name, "version": str(version.version), "uri": version.uri}


@recorded
def register_inspector(
    test: str,
    facts: str,
    evaluation: str,
    generators: str,
    registered: str,
    *,
    record: str,
    registry: str,
    run_id: str,
    settings: dict[str, Any],
    min_score: float = 0.5,
    tolerance: float = 0.0,
    approve: bool = True,
    seed: int = 0,
) -> dict[str, float]:
    """Register evaluation/selected with its lineage and write name, version, alias and why (JSON) to `registered`.

    It becomes champion if its macro F1 on the test images reaches min_score and, on those that neither has seen,
    loses no more than `tolerance` against the champion. With approve = False it waits for an engineer.
    """
    store, held_out = Registry(registry), ImageSet.read(test)
    data, found = read_json(Path(facts) / "data.json"), read_json(Path(evaluation) / "evaluation.json")
    inspector = Inspector.load(Path(evaluation) / "selected")
    name, pictures = model_name(data["name"], "inspector"), held_out.images[:3]
    synthetic = Path(evaluation) / "synthetic"
    with tempfile.TemporaryDirectory(prefix="rarefault-register-") as place:
        version = store.register(
            name,
            _folder(Path(place), evaluation, data, found),
            run_id=run_id,
            tags=_lineage(data, found, read_json(generators), settings),
            metrics={f"test_{key}": value["value"] for key, value in found["test"].items() if "/" not in key},
            example=pd.DataFrame({"image": written(pictures)}),
            output=told(inspector.probabilities(pictures), inspector.classes_),
            extras={
                "evaluation": Path(evaluation) / "evaluation.json",
                **({"synthetic": synthetic} if synthetic.exists() else {}),
            },
        )
    with store.deciding(name):  # or two runs that end together would both be the first champion
        passed, why, comparison = _decide(store, version, inspector, held_out, found, min_score, tolerance, seed)
        if passed and not approve:
            passed, why = False, f"{why} It waits for an engineer's approval."
        if passed:
            store.promote(name, str(version.version))
    store.tag(version, {"decision": why})
    write_json(
        registered,
        {
            **_address(version),
            "alias": CHAMPION if passed else "challenger",
            "why": why,
            "registry": store.shown_address,
            "comparison": None if comparison is None else comparison.to_json(),
        },
    )
    return {"version": float(version.version), "champion": float(passed)}


def _folder(place: Path, evaluation: str, data: dict[str, Any], found: dict[str, Any]) -> Path:
    """The selected inspector with the fingerprints of the images it was trained on and what it was made from."""
    folder = place / "inspector"
    shutil.copytree(Path(evaluation) / "selected", folder)
    lineage = {"data": data, "strategy": found["selected"], "code_version": code_version(), "test": found["test"]}
    write_json(folder / "lineage.json", lineage)
    return folder


def _lineage(
    data: dict[str, Any], found: dict[str, Any], generators: list[dict[str, Any]], settings: dict[str, Any]
) -> dict[str, Any]:
    used = next((g for g in generators if g["source"] == found["source"]), None)
    return {
        "kind": "inspector",
        "data": data["name"],
        "data_fingerprint": data["fingerprint"],
        "strategy": found["selected"],
        "generator": f"{used['name']}/{used['version']}" if used else "",
        "synthetic_images": str(found["synthetic_images"]),
        "synthetic_fingerprint": found["synthetic_fingerprint"],
        "code_version": code_version(),
        "settings": settings,
        "metrics": {k: round(v["value"], 6) for k, v in found["test"].items()},
    }


def _decide(
    store: Registry,
    version: Version,
    inspector: Inspector,
    held_out: ImageSet,
    found: dict[str, Any],
    min_score: float,
    tolerance: float,
    seed: int,
) -> tuple[bool, str, Comparison | None]:
    """Whether the inspector becomes champion, the sentence that says why, and the comparison if there was one."""
    champion, score = store.alias(version.name, CHAMPION), found["test"]["macro_f1"]["value"]
    comparison = None
    if champion is not None and champion.version != version.version:
        with tempfile.TemporaryDirectory(prefix="rarefault-champion-") as place:
            folder = store.fetch(champion, place)
            comparison = compare_inspectors(folder, champion.version, inspector, held_out, seed)
    if score < min_score:
        said = f"It stays challenger: macro F1 {score:.2f} on the test images is below {min_score:.2f}."
        return False, said, comparison
    if champion is None:
        return True, f"It is the first champion: macro F1 {score:.2f} reaches {min_score:.2f}.", None
    if comparison is None:
        return True, "It is the champion already.", None
    passed, why = judge(comparison, tolerance)
    return passed, why.replace("test rows", "test images"), comparison
