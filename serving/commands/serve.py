"""rarefault serve: the model server on this machine."""

import json
import shlex
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from rarefault.errors import InputError
from serving.commands.process import free_port, is_ready, server, until_asked, wait
from serving.model_folder import BrokenModel, ModelFolder, read_folder
from serving.model_folder.vibration import EXAMPLE, VibrationFolder

if TYPE_CHECKING:
    from rarefault.registry.store import Registry, Version


@click.command()
@click.argument("model", default="", metavar="[MODEL[@ALIAS] | FOLDER]")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; 0.0.0.0 for all.")
@click.option(
    "--watch",
    default=5.0,
    show_default=True,
    type=click.FloatRange(0),
    help="Seconds between looks for a newly promoted version; 0 = never.",
)
@click.option("--registry", default="", help="MLflow address; default: sqlite on this machine.")
def serve(model: str, port: int, host: str, watch: float, registry: str) -> int:
    """Serve a model over HTTP, in KServe's V1 and V2 protocols, until Ctrl-C.

    MODEL is a registered classifier, inspector or degradation model; @ALIAS an alias or a version number, by default
    champion. Without MODEL it is the champion of the last run. When an engineer promotes another version, it takes
    over without a request lost.

    \b
    rarefault serve
    rarefault serve secom-classifier --port 9000
    rarefault serve secom-classifier@challenger
    rarefault serve secom-classifier@3
    rarefault serve runs/fault-detection-secom/deploy/model

    What a degradation model knows of machines is kept on this machine (RAREFAULT_STATE names another place). The
    server's other settings are environment variables, such as RAREFAULT_MISSING=fill; `python -m serving.server
    --help` lists them. While it runs: GET / says what is served, /openapi.json how to ask, /metrics what was asked.
    """
    port = free_port(host, port)
    folder = folder_of(model)
    if folder is not None:
        return _run(folder, "", host, port, f"{folder}", None, 0.0)
    return _serve_registered(model, host, port, watch, registry)


def folder_of(text: str) -> Path | None:
    """The folder that holds what `text` names: a model, several, or a run's output; None for a registered name."""
    if not text:
        return None
    path = Path(text)
    for folder in (path, path / "deploy" / "model"):
        if (folder / "model.json").exists() or any(folder.glob("*/model.json")):
            return folder
    if "/" in text or text.startswith(".") or path.is_dir():
        raise InputError(
            f"{text} holds no exported model; accepted: a folder with a model.json, such as RUN/deploy/model"
        )
    return None


def _serve_registered(text: str, host: str, port: int, watch: float, registry: str) -> int:
    from rarefault.registry.store import Registry
    from serving.commands.finding import find
    from serving.commands.folders import Shown, fetched

    store = Registry(registry)
    version, alias = find(store, text)
    folder = fetched(store, version)
    with tempfile.TemporaryDirectory(prefix="rarefault-serve-") as place:
        shown = Shown(Path(place), folder)
        title = f"{version.name} version {version.version}" + (f" ({alias})" if alias else "")
        look = _follow(store, version, alias, shown.show) if alias and watch else None
        return _run(shown.path, version.name, host, port, title, look, watch)


def _run(
    folder: Path, name: str, host: str, port: int, title: str, look: Callable[[], None] | None, every: float
) -> int:
    with until_asked() as stop, server(folder, name, host, port) as process:
        if is_ready(process, host, port, stop):
            click.echo(_welcome(folder, name, host, port, title))
            return wait(process, stop, look, every)
        return 0 if stop.is_set() else abs(process.poll() or 1)


def _follow(store: "Registry", version: "Version", alias: str, show: Callable[[Path], None]) -> Callable[[], None]:
    """A function that shows the version that carries the alias by now, once its exported folder is there."""
    from rarefault.registry.attachments import address_of
    from rarefault.registry.store import RegistryError
    from serving.commands.folders import fetched
    from serving.deployment import PLACE

    now, told = version, ""

    def look() -> None:
        nonlocal now, told
        try:
            found = store.version(version.name, alias)
            if (found.version, found.run_id) == (now.version, now.run_id) or not address_of(found, PLACE):
                return
            show(fetched(store, found))
        except (InputError, RegistryError, OSError) as problem:
            if str(problem) != told:  # what is served goes on being served
                told = str(problem)
                click.echo(f"version {now.version} stays: {' '.join(told.split())}", err=True)
            return
        now, told = found, ""
        click.echo(f"version {found.version} is {alias} now and takes over")

    return look


def _welcome(folder: Path, name: str, host: str, port: int, title: str) -> str:
    """Where the server is, and a request to try."""
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    lines = [f"serving {title} at {url}"]
    try:
        model = read_folder(folder)
    except BrokenModel:  # several models
        return "\n".join([*lines, f"what there is:  curl -s {url}/v1/models", "Ctrl-C stops it"])
    request = f"curl -s {url}/v1/models/{quote(name or model.name)}:predict -H 'Content-Type: application/json' -d "
    if isinstance(model, ModelFolder):
        body = json.dumps({"instances": [model.example_rows[0]]}, ensure_ascii=False)
        request += shlex.quote(body)
    elif isinstance(model, VibrationFolder):
        request += f"@{shlex.quote(str(folder.resolve() / EXAMPLE))}"
    else:
        picture = shlex.quote(str(folder.resolve() / model.example_files[0]))
        request = f"(printf '{_BEFORE}'; base64 < {picture} | tr -d '\\n'; printf '{_AFTER}') | {request}@-"
    return "\n".join([*lines, "try it:", f"  {request}", "Ctrl-C stops it"])


_BEFORE, _AFTER = '{"instances": [{"b64": "', '"}]}'
