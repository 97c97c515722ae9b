"""Model folders made by hand: a linear model whose answers can be checked with a dot product."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from serving.model_folder.files import write_sums

EDGES = [-1.3, -0.85, -0.52, -0.25, 0.0, 0.25, 0.52, 0.85, 1.3]
LEVELS = ("brass", "steel", "tin")


def number(name, **other):
    return {
        "name": name,
        "unit": "N",
        "kind": "number",
        "levels": None,
        "low": -4.0,
        "high": 4.0,
        "fill": 0.5,
        "has_gaps": False,
        "reference": {"edges": EDGES, "shares": [0.1] * 10},
        **other,
    }


def category(name, levels=LEVELS):
    n = len(levels)
    reference = {"edges": [k + 0.5 for k in range(n - 1)], "shares": [1 / n] * n}
    return number(name, kind="category", levels=list(levels), low=None, high=None, fill=levels[1], reference=reference)


def coefficients(width, seed=0):
    return np.random.default_rng(seed).normal(size=width) / np.sqrt(width)


def expected(rows, width=None, seed=0, intercept=-0.3):
    """The probabilities of rows of numbers."""
    matrix = np.array(rows, dtype=np.float64)
    return 1 / (1 + np.exp(-(matrix @ coefficients(matrix.shape[1], seed) + intercept)))


def write_folder(folder, width=66, categories=0, seed=0, intercept=-0.3, **other):
    """A linear model of `width` numbers x0, x1, ... and `categories` categories c0, ...; returns the folder.

    other: what is to stand in model.json, such as version, name, threshold and labels.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    features = [number(f"x{j}") for j in range(width)] + [category(f"c{j}") for j in range(categories)]
    total = width + categories
    coefficient = np.concatenate([coefficients(width, seed), np.zeros(categories)])
    rows = [[0.25] * width + [LEVELS[2]] * categories]
    z = float(coefficients(width, seed).sum() * 0.25 + intercept + 2.0 * categories)
    arrays = {
        "intercept": np.array([intercept]),
        "centre": np.zeros(total),
        "coefficient": coefficient,
        "level_feature": np.repeat(np.arange(width, total), len(LEVELS)),
        "level": np.tile(np.arange(len(LEVELS)), categories).astype(np.float64),
        "level_coefficient": np.tile(np.arange(len(LEVELS)), categories).astype(np.float64),
    }
    model = {
        "format": "rarefault-model",
        "format_version": 1,
        "name": "press",
        "version": "1",
        "classifier": "logistic-regression",
        "strategy": "tuned-threshold",
        "threshold": 0.5,
        "labels": {"positive": "fail", "negative": "pass"},
        "features": features,
        "ignored": [],
        "predictor": {"kind": "linear", "file": "weights.safetensors"},
        "example": {"rows": rows, "probabilities": [1 / (1 + float(np.exp(-z)))]},
        "facts": {},
        "versions": {},
        "created": "2026-01-01T00:00:00Z",
        "parity": {},
        **other,
    }
    (folder / "model.json").write_text(json.dumps(model))
    (folder / "weights.safetensors").write_bytes(save(arrays))
    (folder / "SHA256SUMS").unlink(missing_ok=True)
    write_sums(folder)
    return folder


def swap(folder, new):
    """Put the folder `new` where `folder` is, as a copy that is moved into place."""
    staged = folder.with_name(f".{folder.name}-new")
    old = folder.with_name(f".{folder.name}-old")
    shutil.copytree(new, staged)
    os.rename(folder, old)
    os.rename(staged, folder)
    shutil.rmtree(old)
