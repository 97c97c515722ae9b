"""The command that runs a pipeline on this machine."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

import pipelines
from pipelines.checks import check
from pipelines.degradation_checks import PIPELINE as DEGRADATION
from pipelines.image_checks import PIPELINES as IMAGES
from pipelines.options import parameter_options, pipeline_argument
from pipelines.parameters import accepted, parse, require_known


@click.command()
@pipeline_argument
@parameter_options
@click.option("--out", default="", help="Where report.html and result.json go; default: runs/PIPELINE-DATA.")
@click.option("--seed", default=0, show_default=True, help="The same seed, data and versions give the same numbers.")
@click.option("--fresh", is_flag=True, help="Start from the beginning even if an earlier run can be resumed.")
@click.option("--parameters", is_flag=True, help="List the pipeline's parameters and stop.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def run(
    pipeline: str,
    data: str,
    label: str,
    positive: str,
    assignments: tuple[str, ...],
    out: str,
    seed: int,
    fresh: bool,
    parameters: bool,
    debug: bool,
) -> None:
    """Run PIPELINE on this machine: fault-detection, train-generator, retrain, defect-augmentation,
    defect-translation, degradation.

    Leaves report.html and result.json in the output folder. A run that failed or was killed goes on where it stopped
    when it is started again.

    \b
    rarefault run fault-detection
    rarefault run fault-detection --data secom
    rarefault run fault-detection --data my.csv --label result --positive fail
    rarefault run fault-detection --data my.csv --label result --set classifier=gradient-boosting
    rarefault run defect-augmentation --data folder-of-images --set background=intact
    rarefault run degradation --data folder-of-snapshots --set rate=25600 --set healthy=100
    """
    if parameters:
        _show_parameters(pipeline)
        return
    params = local_parameters(pipeline, data, label, positive, seed, assignments)
    name = params.get("data") or accepted(pipeline)["data"][1]
    folder = Path(out) if out else Path("runs") / f"{pipeline}-{_short(name)}"
    from pipelines.local import run as run_locally
    from rarefault.report import render_text

    finished = run_locally(pipeline, params, folder, fresh)
    click.echo(render_text(finished.values))
    click.echo(f"report  {finished.report}\nresult  {finished.result}")


def local_parameters(
    pipeline: str, data: str, label: str, positive: str, seed: int | None, assignments: Sequence[str]
) -> dict[str, Any]:
    """The values of the options, with the data's whole path and fingerprint; raises InputError for what is wrong."""
    from rarefault.datasets.sources.object_store import SCHEME

    given = {"data": data, "label": label, "positive": positive}
    params = {**{k: v for k, v in given.items() if v}, "seed": seed or 0, **parse(pipeline, assignments)}
    require_known(pipeline, params)
    check(params, pipeline)
    if pipeline == DEGRADATION:
        params |= _signals(params.get("data", ""), params.get("healthy", ""))
    elif "data" in params and not params["data"].startswith(SCHEME):
        params |= _located(pipeline)(params["data"])
    if "batches" in params:
        params["batches"] = [
            b if b.startswith(SCHEME) else str(Path(b).absolute()) for b in map(str, params["batches"])
        ]
    return params


def _located(pipeline: str) -> Callable[[str], dict[str, str]]:
    """What finds the data of a pipeline: tables or images."""
    return _image_folder if pipeline in IMAGES else _file


def _file(data: str) -> dict[str, str]:
    """The whole path of a table, or its name, and its fingerprint."""
    from rarefault.datasets.catalogue import find
    from rarefault.steps.ingestion import file_fingerprint

    whole = data if find(data).entry else str(Path(data).absolute())
    return {"data": whole, "fingerprint": file_fingerprint(whole)}


def _image_folder(data: str) -> dict[str, str]:
    """The same of a folder of images."""
    from rarefault.datasets.images.finding import find_images
    from rarefault.steps.image_ingestion import folder_fingerprint

    find_images(data)
    path = Path(data).expanduser()
    whole = str(path.absolute()) if path.is_dir() else data
    return {"data": whole, "fingerprint": folder_fingerprint(whole)}


def _signals(data: str, healthy: str) -> dict[str, str]:
    """The same of signals, and of the file that lists the healthy snapshots, if there is one; steps run elsewhere."""
    from rarefault.steps.signal_ingestion import signals_fingerprint

    named = data or accepted(DEGRADATION)["data"][1]
    here, listed = Path(named).expanduser(), Path(healthy).expanduser()
    whole = str(here.absolute()) if os.path.exists(here) else named
    which = str(listed.absolute()) if os.path.isfile(listed) and not healthy.strip().isdigit() else healthy
    given = {"data": whole} if data else {}
    return {**given, "healthy": which, "fingerprint": signals_fingerprint(whole, which)}


def _short(data: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-_" else "-" for c in Path(data).name.split(".")[0])
    return kept.strip("-")[:60] or "data"


def _show_parameters(pipeline: str) -> None:
    descriptions = _descriptions(pipeline)
    for name, (kind, default) in accepted(pipeline).items():
        click.echo(f"{name:18} {kind.lower():15} {default!r:22} {descriptions.get(name, '')}")


def _descriptions(pipeline: str) -> dict[str, str]:
    from docstring_parser import parse as parse_docstring

    parsed = parse_docstring(pipelines.get(pipeline).pipeline_func.__doc__ or "")
    return {p.arg_name: " ".join((p.description or "").split()) for p in parsed.params}
