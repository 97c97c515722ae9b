"""A run's parameters as a person names them for a cluster, which sees other files than this machine."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.checks import check
from pipelines.degradation_checks import PIPELINE as DEGRADATION
from pipelines.image_checks import PIPELINES as IMAGES
from pipelines.parameters import parse, require_known
from rarefault.datasets.catalogue import CATALOGUE
from rarefault.datasets.images.finding import IMAGE_CATALOGUE
from rarefault.datasets.signals.finding import SIGNAL_CATALOGUE
from rarefault.errors import InputError

_SEEN = ("/data/", "s3://")


def cluster_parameters(
    pipeline: str, data: str, label: str, positive: str, seed: int | None, assignments: Sequence[str]
) -> dict[str, Any]:
    """The values of `key=value` texts and of the options; raises InputError for what a cluster cannot take.

    Data are a catalogue name, a path below /data (the claim's), or s3://BUCKET/KEY.
    """
    given = {"data": data, "label": label, "positive": positive}
    values = {**{key: value for key, value in given.items() if value}, **parse(pipeline, assignments)}
    values = values if seed is None else {"seed": seed, **values}
    require_known(pipeline, values)
    check(values, pipeline)
    _check_data(values.get("data", ""), _catalogue(pipeline))
    return values


def _catalogue(pipeline: str) -> Mapping[str, Any]:
    if pipeline == DEGRADATION:
        return SIGNAL_CATALOGUE
    return IMAGE_CATALOGUE if pipeline in IMAGES else CATALOGUE


def _check_data(data: str, catalogue: Mapping[str, Any]) -> None:
    known = {name.casefold() for name in catalogue}
    if not data or data.casefold() in known or data.startswith(_SEEN):
        return
    where = "is on this machine, which a cluster does not see" if Path(data).exists() else "is no data set's name"
    raise InputError(f"data {data!r} {where}; accepted: /data/FILE, s3://BUCKET/KEY, or one of {', '.join(catalogue)}")
