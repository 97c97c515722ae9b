"""The states of machines that all models of vibration share, and the thread that works with them."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

from serving.server.work import Work

if TYPE_CHECKING:
    from serving.server.app import App
    from serving.server.vibration.model import VibrationModel
    from serving.vibration.stores import Store

_SECONDS = 2.0
"""How often the store is asked for what the metrics tell, and whether it can be asked at all."""

_logger = logging.getLogger("rarefault.serving")


class States:
    """address: of the store, see `serving.vibration.addresses`; machines: whose states are kept, for each model."""

    def __init__(self, address: str = "memory", machines: int = 1000) -> None:
        self._address, self._machines = address, machines
        self.work = Work()

    @cached_property
    def store(self) -> "Store":
        """The store, not connected before its first use; whoever serves no vibration does without."""
        from serving.vibration.stores import open_store

        store = open_store(self._address, self._machines)
        if store.shared:
            _logger.info("the states of machines are kept in %s", store.says)
        else:
            _logger.warning(
                "the states of machines are kept in memory: they end with this process and no other server knows them; "
                "set RAREFAULT_STATE to sqlite:///PATH or postgresql://USER@HOST/DATABASE to keep them"
            )
        return store

    def close(self) -> None:
        """Close the store, if it was used."""
        if "store" in self.__dict__:
            self.store.close()


async def follow(app: "App") -> None:
    """Look at the store every few seconds, for ever: what it knows of machines is told, and whether it can be asked."""
    while True:
        await look(app)
        await asyncio.sleep(_SECONDS)


async def look(app: "App") -> None:
    """Tell what the store knows of the machines of each model; a model whose store cannot be reached is not ready."""
    models = [cast("VibrationModel", model) for model in app.state.models.values() if model.kind.machines]
    if not models:
        return
    from serving.vibration.stores import StoreError

    def read() -> list[Mapping[str, tuple[float, bytes]]]:
        return [app.states.store.told(model.key) for model in models]

    waiting: frozenset[str] = frozenset()
    try:
        told = await app.states.work.own(read)
    except StoreError as problem:
        waiting = frozenset(model.name for model in models)
        if not app.state.waiting:
            _logger.error("the states of machines cannot be reached: %s", problem)
    else:
        for model, machines in zip(models, told, strict=True):
            model.seen.machines = machines
        if app.state.waiting:
            _logger.info("the states of machines are reached again")
    if waiting != app.state.waiting:
        app.show(replace(app.state, waiting=waiting))
