"""The commands that run and compile pipelines."""

from pathlib import Path
from typing import Any

import click

import pipelines
from pipelines.checks import check
from pipelines.parameters import accepted, parse
from rarefault.errors import InputError


def _check_pipeline(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if value not in pipelines.PIPELINES:
        raise InputError(f"unknown pipeline {value!r}; known pipelines: {', '.join(pipelines.PIPELINES)}")
    return value


@click.command()
@click.argument("pipeline", callback=_check_pipeline)
@click.option("--data", default="", help="A CSV or Parquet file, or a name from `rarefault data list`.")
@click.option("--label", default="", help="The label's column.")
@click.option("--positive", default="", help="The label's value for a faulty part.")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Any parameter; see --parameters.")
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
    """Run PIPELINE (fault-detection or train-generator) on this machine.

    Leaves report.html and result.json in the output folder. A run that failed or was killed goes on where it stopped
    when it is started again.

    \b
    rarefault run fault-detection
    rarefault run fault-detection --data secom
    rarefault run fault-detection --data my.csv --label result --positive fail
    rarefault run fault-detection --data my.csv --label result --set classifier=gradient-boosting
    """
    if parameters:
        _show_parameters(pipeline)
        return
    params = _params(pipeline, data, label, positive, seed, assignments)
    folder = Path(out) if out else Path("runs") / f"{pipeline}-{_short(params.get('data', 'gearbox-line'))}"
    from pipelines.local import run as run_locally
    from rarefault.report import render_text

    finished = run_locally(pipeline, params, folder, fresh)
    click.echo(render_text(finished.values))
    click.echo(f"report  {finished.report}\nresult  {finished.result}")


def _params(
    pipeline: str, data: str, label: str, positive: str, seed: int, assignments: tuple[str, ...]
) -> dict[str, Any]:
    from rarefault.datasets.catalogue import find
    from rarefault.steps.ingestion import file_fingerprint

    given = {"data": data, "label": label, "positive": positive}
    params = {**{k: v for k, v in given.items() if v}, "seed": seed, **parse(pipeline, assignments)}
    check(params)
    if "data" in params:
        located = find(params["data"])
        if located.entry is None:
            params["data"] = str(Path(params["data"]).absolute())
        params["fingerprint"] = file_fingerprint(params["data"])
    return params


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


@click.command("compile")
@click.argument("names", nargs=-1)
@click.option("--out", default="compiled", show_default=True, type=click.Path(path_type=Path), help="Target folder.")
def compile_pipelines(names: tuple[str, ...], out: Path) -> None:
    """Write pipelines (default: all) as versioned YAML for any Kubeflow."""
    from kfp import compiler

    from rarefault import __version__

    unknown = sorted(set(names) - set(pipelines.PIPELINES))
    if unknown:
        raise InputError(f"unknown pipelines {unknown}; known pipelines: {', '.join(pipelines.PIPELINES)}")
    out.mkdir(parents=True, exist_ok=True)
    for name in names or pipelines.PIPELINES:
        path = out / f"{name}-{__version__}.yaml"
        compiler.Compiler().compile(pipelines.get(name), str(path))
        click.echo(str(path))
