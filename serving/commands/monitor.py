"""rarefault monitor: judge the snapshots that an acquisition system drops into a folder."""

import sys
import time
from contextlib import ExitStack
from pathlib import Path

import click

from rarefault.errors import InputError

_SHARE = 5
"""Looking at a folder of very many files takes at most one part in so many of the time."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--model", default="", metavar="FOLDER|NAME[@ALIAS]", help="The degradation model.  [required]")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The journal; default: FOLDER.jsonl.")
@click.option("--once", is_flag=True, help="Judge what is there, then stop.")
@click.option("--channel", "channels", multiple=True, help="A channel of the files, by name or number; repeatable.")
@click.option("--order", default="name", show_default=True, type=click.Choice(["name", "time"]), help="Of the files.")
@click.option("--every", default=2.0, show_default=True, type=click.FloatRange(0.05), help="Seconds between looks.")
@click.option(
    "--settle",
    default=2.0,
    show_default=True,
    type=click.FloatRange(0),
    help="Seconds without change: a file is complete.",
)
@click.option(
    "--metrics-port", type=click.IntRange(0, 65535), help="Tell Prometheus on 127.0.0.1; 0 takes a free port."
)
@click.option("--mended", multiple=True, metavar="MACHINE", help="This machine was mended: it begins anew. Repeatable.")
@click.option("--registry", default="", help="MLflow address of a registered model; default: sqlite on this machine.")
def monitor(
    folder: Path,
    model: str,
    out: Path | None,
    once: bool,
    channels: tuple[str, ...],
    order: str,
    every: float,
    settle: float,
    metrics_port: int | None,
    mended: tuple[str, ...],
    registry: str,
) -> None:
    """Watch a folder of snapshots and tell how worn each machine is, until Ctrl-C.

    An acquisition system puts one file a snapshot into FOLDER/MACHINE/ (or, for one machine, into FOLDER): .csv, .txt,
    .tsv, .npy, .npz or .wav, named so that a later one sorts after an earlier one (2 before 10), or --order time. Files
    are best written under a name that ends in .tmp and then renamed; others are read when they have not changed for
    --settle seconds. Nothing in FOLDER is changed.

    \b
    rarefault monitor data/press-7 --model runs/degradation/deploy/model
    rarefault monitor data --model press-degradation@champion --metrics-port 9109
    rarefault monitor data --model press-degradation --once --out verdicts.jsonl
    rarefault monitor data --model press-degradation --mended press-7

    The journal gets one JSON line a file: "event" is "snapshot", "alarm" (damage has begun, or the state got worse) or
    "refused" (with the reason: a damaged file, another length, a silent sensor; it is not tried again unless it
    changes). A line holds the machine, the file, the number of the snapshot, the indicator, the degree of degradation
    (0 to 1), the state (healthy, slight, severe), and since which snapshot the machine is worn.

    It may be killed at any moment: started again with the same --out it goes on exactly where it was. Beside the
    journal, FOLDER.jsonl.state holds what is known of the machines. Move the journal away, if it has become too long,
    while the monitor is stopped.
    """
    from rarefault.progress import watch
    from serving.commands.process import until_asked
    from serving.watching.endpoint import told
    from serving.watching.judge import open_judge
    from serving.watching.monitor import Monitor

    if not model:
        raise InputError("--model is needed: the folder of a degradation model, or a registered NAME[@ALIAS]")
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; accepted: the folder that snapshots are dropped into")
    journal = out or folder.resolve().with_name(f"{folder.resolve().name}.jsonl")
    if journal.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{journal} is in the watched folder; accepted: --out of another folder")
    judge = open_judge(model, channels, registry)
    watching = Monitor(folder, judge, journal, settle=settle, order=order, say=_say)
    with until_asked() as stop, ExitStack() as place:
        place.enter_context(watching.running())
        for machine in mended:
            watching.mended(machine)
        if metrics_port is not None:
            port = place.enter_context(told(watching, metrics_port))
            _say(f"metrics at http://127.0.0.1:{port}/metrics")
        _say(f"watching {folder} with {judge.name} ({judge.form.says()}); journal: {journal}")
        progress = watch("monitor", "file")
        while not stop.is_set():
            started = time.monotonic()
            found = watching.look(progress, stop.is_set)
            if once and not watching.waiting and not found:
                break
            took = time.monotonic() - started
            stop.wait(0.05 if found else max(min(every, settle) if once else every, _SHARE * took))
        _say(f"{watching.counts['counted']} snapshots counted, {watching.counts['refused']} files refused")


def _say(line: str) -> None:
    click.echo(line, err=True)
    sys.stderr.flush()
