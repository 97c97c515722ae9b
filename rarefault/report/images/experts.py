"""The experts' test: a page on which a person marks images as real or generated (section 3.3 of the ball-screw paper).

The page needs nothing but a browser. What an image is does not stand in the page; a hash of it does, which the page
compares when the person asks for the score.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rarefault.errors import InputError
from rarefault.metrics.intervals import wilson
from rarefault.report.formats import clean
from rarefault.report.images.pictures import png_uri

REAL, GENERATED = "real", "generated"
KIND, VERSION = "rarefault-experts-test", 1
_FOLDER = Path(__file__).parent


def experts_page(
    real: Mapping[str, np.ndarray],
    generated: Mapping[str, np.ndarray],
    *,
    name: str = "",
    most: int = 40,
    seed: int = 0,
) -> str:
    """One HTML file with as many real as generated images of each class, shuffled by `seed`, `most` in all.

    real, generated: images (n, c, h, w) uint8 by class; name: of the data, for the title. The real images should be
    ones that the person has not seen. Raises ValueError where no class has images of both kinds.
    """
    rng = np.random.default_rng(seed)
    shared = [label for label in real if len(real[label]) and len(generated.get(label, ()))]
    if not shared or most < 2:
        raise ValueError(
            f"the test needs at least 2 images, real and generated ones of one class, got the classes {sorted(real)} "
            f"and {sorted(generated)}, and most {most}"
        )
    items = []
    for at, label in enumerate(shared):
        pairs = most // 2 * (at + 1) // len(shared) - most // 2 * at // len(shared)
        n = min(pairs, len(real[label]), len(generated[label]))
        for kind, images in ((REAL, real[label]), (GENERATED, generated[label])):
            items += [(label, kind, images[i]) for i in rng.permutation(len(images))[:n]]
    salt = rng.bytes(8).hex()
    cards = [
        {"number": k, "label": clean(label, 60), "seal": seal(salt, k, kind), "source": png_uri(image)}
        for k, (label, kind, image) in enumerate((items[i] for i in rng.permutation(len(items))), start=1)
    ]
    return _render(name=clean(name, 120), salt=salt, cards=cards)


def seal(salt: str, number: int, kind: str) -> str:
    """The hash (FNV-1a, 32 bits) that hides what image `number` is from a glance at the page, not from an attack."""
    value = 0x811C9DC5
    for byte in f"{salt}:{number}:{kind}".encode():
        value = (value ^ byte) * 0x01000193 % 2**32
    return f"{value:08x}"


def _render(**values: Any) -> str:
    environment = Environment(
        loader=FileSystemLoader([_FOLDER, _FOLDER.parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = (_FOLDER / "experts.js").read_text(encoding="utf-8")
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    page = environment.get_template("experts.html.j2")
    return page.render(script=Markup(script), allowed=allowed, kind=KIND, version=VERSION, **values)


def read_answers(file: str | Path) -> dict[str, Any]:
    """The score of answers that the page saved; raises InputError for another file. See `score_answers`."""
    try:
        saved = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise InputError(f"{file} cannot be read as saved answers: {problem}") from None
    if not isinstance(saved, dict) or (saved.get("kind"), saved.get("version")) != (KIND, VERSION):
        raise InputError(f"{file} holds no answers of the experts' test, version {VERSION}")
    answers = saved.get("answers")
    known = {REAL, GENERATED}
    if not isinstance(answers, list) or not all(
        isinstance(a, dict) and a.get("truth") in known and a.get("answer") in known for a in answers
    ):
        raise InputError(f"{file} must list answers, each with truth and answer being {REAL!r} or {GENERATED!r}")
    return score_answers([(answer["truth"], answer["answer"]) for answer in answers])


def score_answers(answers: list[tuple[str, str]]) -> dict[str, Any]:
    """How many of the (truth, answer) pairs agree: marked, right, accuracy, its 95 % Wilson interval, confusion.

    A person who cannot tell the images apart is right half of the time: `told_apart` says whether the interval is
    above that. accuracy, low and high are None without answers.
    """
    confusion = {
        truth: {said: answers.count((truth, said)) for said in (REAL, GENERATED)} for truth in (REAL, GENERATED)
    }
    right, n = confusion[REAL][REAL] + confusion[GENERATED][GENERATED], len(answers)
    low, high = wilson(right, n) if n else (None, None)
    return {
        "marked": n,
        "right": right,
        "accuracy": right / n if n else None,
        "low": low,
        "high": high,
        "told_apart": low is not None and low > 0.5,
        "confusion": confusion,
    }
