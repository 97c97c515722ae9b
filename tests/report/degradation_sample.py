"""A result of a degradation run and the details behind its figures, made up."""

import numpy as np

STATES = ("healthy", "slight", "severe")
N, START, LEARNED, WINDOW = 215, 119, 75, 25


def estimate(value, low, high):
    return {"value": value, "low": low, "high": high}


def machine(name="screw <1>", onset=121, degree=0.98):
    found = onset is not None
    return {
        "name": name,
        "snapshots": N,
        "healthy_snapshots": LEARNED,
        "onset": onset,
        "alarm": onset + 3 if found else None,
        "onset_file": f"{name}/snap_{onset}.csv" if found else None,
        "alarm_file": f"{name}/snap_{onset + 3}.csv" if found else None,
        "onset_hours": onset / 2 if found else None,
        "alarm_hours": (onset + 3) / 2 if found else None,
        "hours": (N - 1) / 2,
        "indicator": 0.61,
        "degree": degree,
        "state": "severe" if degree > 0.7 else "healthy",
        "true_onset": START,
        "sentence": f"{name}: a sentence.",
    }


def rival(name, title, product, onset=121):
    return {
        "name": name,
        "title": title,
        "monotonicity": 0.4,
        "trendability": 0.9,
        "robustness": 0.95,
        "product": product,
        "false_alarms": 0.0,
        "found": int(onset is not None),
        "onsets": [{"machine": "screw <1>", "onset": onset, "error": None if onset is None else onset - START}],
        "severity_accuracy": 0.91,
        "reason": "",
    }


def table(number):
    counts = [(119, (118, 1, 0)), (54, (6, 46, 2)), (42, (0, 1, 41))]
    return {
        "table": number,
        "title": f"Table {number} of the paper for these data",
        "right": 0.95,
        "rows": [
            {"state": state, "snapshots": n, "as": dict(zip(STATES, cells, strict=True)), "right": max(cells) / n}
            for state, (n, cells) in zip(STATES, counts, strict=True)
        ],
    }


def sample(n_machines=1):
    """(result, details), fresh each time."""
    machines = [machine()] + [
        machine(f"screw {k}", *((None, 0.0) if k % 2 else (121, 0.5))) for k in range(1, n_machines)
    ]
    result = {
        "schema_version": "1",
        "pipeline": "degradation",
        "run_id": "run<script>1",
        "created": "2026-11-23T10:00:00+00:00",
        "code_version": "0.1.0+0",
        "seed": 0,
        "settings": {"indicator": "vae", "indicator_params": {"latent": 3}},
        "data": {
            "name": "screws <i>",
            "notes": "Simulated.",
            "fingerprint": "abc",
            "unit": "g",
            "snapshots": N * n_machines,
            "healthy_snapshots": LEARNED * n_machines,
            "held_out_snapshots": 15 * n_machines,
            "samples": 2560,
            "rate": 5000.0,
            "channels": ["vibration"],
            "machines": n_machines,
            "times_known": True,
            "states_known": True,
            "repairs": ["2 snapshots <left> out"],
        },
        "finding": "screw <1>: wear since snapshot 121.",
        "indicator": {"name": "vae", "title": "VAE reconstruction error", "settings": {"latent": 3}},
        "threshold": {
            "value": 0.3978,
            "confidence": 0.999,
            "window": WINDOW,
            "slide": 1,
            "settings": {"limit": 0.001, "severe": 0.7},
        },
        "machines": machines,
        "false_alarms": {
            "snapshots": 15,
            "beyond": 0,
            "onsets": 0,
            "rate": estimate(0.0, 0.0, 0.22),
            "promised": 0.001,
            "sentence": "Of 15 held-out healthy snapshots 0 lie beyond the threshold.",
        },
        "rivals": [
            rival("vae", "VAE reconstruction error", 0.36),
            rival("rms", "Root mean square", 0.34),
            rival("kurtosis", "Kurtosis", 0.1, None),
        ],
        "severity": [table(2), table(3), table(4)],
        "search": {"objective": "healthy-error", "trials": 0, "value": None, "settings": {}},
        "comparison": None,
        "model": {
            "name": "screws-degradation",
            "uri": "models:/screws-degradation/1",
            "version": "1",
            "alias": "champion",
            "why": "It is the first champion.",
            "registry": "sqlite:///x",
        },
        "deploy": {"manifest": "deploy/inferenceservice.yaml", "model_folder": "deploy/model"},
        "series": "life.csv",
        "steps": [{"name": "ingest_signals", "seconds": 1.0, "peak_memory_mb": 100.0, "cached": False}],
    }
    return result, _details(machines)


def _details(machines):
    rng = np.random.default_rng(0)
    grid = np.linspace(0.3, 0.7, 200)
    arrays = {}
    for entry in machines:
        growth = np.clip((np.arange(N) - START) / 60, 0, 1) * (entry["onset"] is not None)
        values = 0.36 + 0.01 * rng.normal(size=N) + 0.25 * growth
        ends = np.linspace(WINDOW - 1, N - 1, 9).astype(int)
        spread = [np.exp(-0.5 * ((grid - values[at - 24 : at + 1].mean()) / 0.02) ** 2) for at in ends]
        arrays[entry["name"]] = {
            "indicators": values,
            "degrees": np.clip(growth * 1.1, 0, 1),
            "kurtosis": 3 + 0.2 * rng.normal(size=N) + growth,
            "healthy": np.arange(N) < LEARNED,
            "hours": np.arange(N) / 2,
            "truth": np.repeat(STATES, [119, 54, 42]),
            "windows": {"at": ends, "grid": grid, "density": np.array(spread), "log": False},
        }
    points = 0.36 + 0.01 * rng.normal(size=LEARNED)
    return {
        "study": {},
        "machines": arrays,
        "healthy": {"points": points, "grid": grid, "density": np.exp(-0.5 * ((grid - 0.36) / 0.011) ** 2)},
        "taus": {"τ1": 0.38, "τ2": 0.55},
    }
