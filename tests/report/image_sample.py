"""A result of an image run and the details behind its figures, made up."""

import numpy as np

CLASSES = ("intact", "pitting", "rust<b>")


def estimate(value, width=0.05):
    return {"value": value, "low": value - width, "high": value + width}


def spread(mean):
    return {"mean": mean, "spread": 1.0, "values": [mean - 1, mean + 1]}


def metrics(score):
    keys = [f"{name}/{part}" for name in CLASSES for part in ("precision", "recall", "f1")]
    whole = ["accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1"]
    return {key: estimate(score) for key in [*whole, "defect_recall", "defect_precision", *keys]}


def row(name, title, score, first):
    changes = {key: estimate(2.0) for key in metrics(score)}
    return {
        "name": name,
        "title": title,
        "counts": dict.fromkeys(CLASSES, 30),
        "repeats": 3,
        "seconds": 2.0,
        "metrics": metrics(score),
        "difference": None if first else changes,
        "change": None if first else {**changes, "macro_f1": None},
    }


def strategy(name, status, difference):
    found = None if difference is None else {**estimate(difference), "p_better": 0.7}
    return {
        "name": name,
        "title": name.title(),
        "status": status,
        "reason": "a reason",
        "inner": metrics(0.7),
        "inner_difference": found,
        "seconds": 4.0,
    }


def distance(source, title, label):
    figures = {key: spread(40.0) for key in ("fid", "kid", "precision", "recall")}
    diverse = {"real": 3.0, "generated": 1.0, "ratio": 0.3, "nearest_ratio": 0.4, "collapsed": True, "why": "collapse"}
    copied = {"median": 2.0, "real_median": 2.1, "limit": 0.5, "share": 0.02, "memorised": False}
    return {
        "source": source,
        "title": title,
        "label": label,
        "fid": {
            "network": "a network (8 features)",
            "features": 8,
            "images": 20,
            "draws": 2,
            "original": figures,
            "augmented": figures,
            "halves": {"images": 10, "real": spread(20.0), "generated": spread(30.0)},
            "notes": ["few images"],
        },
        "diversity": {"a-network": diverse, "pixels": diverse},
        "memorising": {"a-network": copied, "pixels": copied},
        "warnings": ["collapse (by a-network)"],
    }


def sample(pipeline="defect-augmentation"):
    """(result, details), fresh each time."""
    sources = [("original", "DCGAN"), ("classical", "DCGAN on augmented images")]
    entries = [(source, title, label) for source, title in sources for label in CLASSES[1:]]
    rows = [row(f"{n}-task", f"Task {n}", 0.6 + n / 50, n == 1) for n in range(1, 7)]
    result = {
        "schema_version": "1",
        "pipeline": pipeline,
        "run_id": "run<script>1",
        "created": "2026-11-23T10:00:00+00:00",
        "code_version": "0.1.0+0",
        "seed": 0,
        "settings": {"preset": "quick", "generator_params": {"loops": 3}},
        "data": {
            "name": "screws <i>",
            "notes": "Simulated.",
            "fingerprint": "abc",
            "images": 40,
            "train_images": 28,
            "test_images": 12,
            "size": 32,
            "channels": 1,
            "groups": {"train": 7, "test": 3},
            "background": "intact",
            "classes": [
                {"name": name, "train": n, "test": m}
                for name, n, m in zip(CLASSES, (8, 10, 10), (4, 4, 4), strict=True)
            ],
            "split": "by position",
            "repairs": [],
            "warnings": ["a <warning>"],
        },
        "inspector": "table5-cnn",
        "objective": "macro F1",
        "baseline": "untouched",
        "strategies": [strategy("untouched", "selected", None), strategy("dcgan", "kept", 0.01)],
        "selected": "untouched",
        "selected_because": "Untouched images stay.",
        "helped": {"value": False, "sentence": "Generated images are not used."},
        "test": metrics(0.75),
        "confusion": [[3, 1, 0], [0, 4, 0], [1, 0, 3]],
        "defects": {"recall": 0.9, "precision": 0.9, "missed": 1, "false_alarms": 1, "count": 8},
        "synthetic_images": 0,
        "classification": {"repeats": 3, "tables": [{"inspector": "table5-cnn", "rows": rows}]},
        "distances": [distance(*entry) for entry in entries],
        "generators": [
            {
                "source": source,
                "generator": "dcgan",
                "title": title,
                "name": "screws-generator-dcgan",
                "version": "1",
                "uri": "models:/screws-generator-dcgan/1",
                "settings": {"loops": 3},
                "health": {CLASSES[1]: {"collapsed": True, "reason": "images hardly differ"}},
            }
            for source, title in sources
        ],
        "search": {"objective": "frechet", "trials": 0, "value": None, "settings": {}},
        "comparison": None,
        "model": {
            "name": "screws-inspector",
            "uri": "models:/screws-inspector/1",
            "version": "1",
            "alias": "champion",
            "why": "It is the first champion.",
            "registry": "sqlite:///x",
        },
        "deploy": {"manifest": "deploy/inferenceservice.yaml", "model_folder": "deploy/model"},
        "experts": "experts.html",
        "steps": [{"name": "ingest_images", "seconds": 1.0, "peak_memory_mb": 100.0, "cached": False}],
    }
    return result, _details(entries, translated=pipeline == "defect-translation")


def _details(entries, translated):
    rng = np.random.default_rng(0)

    def images(*n):
        return rng.integers(0, 255, (*n, 1, 32, 32), dtype=np.uint8)

    strips = {"produced": images(2, 3), "eliminated": images(2, 3)} if translated else {}
    strips = strips or {"latent": images(2, 5), "fade": images(2, 5)}
    pictures = {
        "drawn": images(10),
        "real": images(10),
        "asked": images(8),
        "nearest_generated": images(4),
        "nearest_real": images(4),
        "nearest_distance": np.arange(4.0),
        **strips,
    }
    names = [f"{source}-{label}" for source, _, label in entries]
    points = {"real": [[0.0, 1.0], [2.0, 1.0]], "generated": [[1.0, 0.0]], "network": "a network"}
    return {
        "study": {},
        "entries": [{"name": n, "title": e[1], "label": e[2]} for n, e in zip(names, entries, strict=True)],
        "points": dict.fromkeys(names, points),
        "pictures": dict.fromkeys(names, pictures),
        "samples": {
            "images": images(12),
            "codes": np.repeat(np.arange(3), 4),
            "p": rng.dirichlet(np.ones(3), 12).astype(np.float32),
        },
    }
