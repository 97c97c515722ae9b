"""Looking for new model versions while serving, on a thread of its own."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from serving.server.app import App
from serving.server.repository import Change, Repository

_logger = logging.getLogger("rarefault.serving")


def apply(changes: Sequence[Change], app: App) -> None:
    """Serve the models that were read; what was refused is logged and counted, and replaces nothing."""
    if not changes:
        return
    models, broken = dict(app.state.models), dict(app.state.broken)
    for change in changes:
        result = "failed" if change.model is None else "ok"
        app.metrics.reloads[change.name, result] += 1
        if change.model is not None:
            models[change.name] = change.model
            broken.pop(change.name, None)
            _logger.info("serving %s version %s", change.name, change.model.version)
            continue
        kept = models.get(change.name)
        if kept is None:
            broken[change.name] = change.reason
        _logger.error("refused: %s%s", change.reason, "" if kept is None else f"; version {kept.version} is served on")
    app.show(replace(app.state, models=models, broken=broken))


async def reload(repository: Repository, app: App, seconds: float) -> None:
    """Look every so many seconds, for ever."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "reload") as thread:
        while True:
            await asyncio.sleep(seconds)
            apply(await loop.run_in_executor(thread, repository.look), app)
