"""The server process: its socket, its background tasks, and how it ends."""

import asyncio
import contextlib
import ctypes
import logging
import resource
import socket
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import replace

from uvicorn import Config, Server

from serving.server.app import App
from serving.server.connections import Connection, quiet, watch
from serving.server.listening import refuse_new
from serving.server.reloading import reload
from serving.server.repository import Repository
from serving.server.settings import Settings
from serving.server.states import follow

_logger = logging.getLogger("rarefault.serving")

_BACKLOG = 2048
_LONGEST_DRAIN = 20
_PAUSE, _PAUSES = 0.1, 5
_FILES = 65_536
"""Connections that may be open at once, if the system allows it."""
_SWITCH = 0.001
_KEPT = {-3: 31 << 20, -1: 62 << 20}
"""glibc's M_MMAP_THRESHOLD and M_TRIM_THRESHOLD, in bytes."""


class DrainingServer(Server):
    """On SIGTERM: not ready, then every connection is closed with its next answer, then no new ones are accepted."""

    def __init__(self, config: Config, app: App, drain_seconds: float) -> None:
        super().__init__(config)
        self._app, self._drain_seconds = app, drain_seconds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain, stop listening, answer who is still in, then stop."""
        self._app.show(replace(self._app.state, draining=True))
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        for connection in self._connections():
            connection.drain()
        await asyncio.sleep(self._drain_seconds)
        for sock in sockets or ():
            with contextlib.suppress(OSError):  # where it is not allowed, some may be cut off
                refuse_new(sock)
        await asyncio.sleep(_PAUSE)
        await self._wait_for_first_requests()
        await super().shutdown(sockets)

    def _connections(self) -> list[Connection]:
        return [connection for connection in self.server_state.connections if isinstance(connection, Connection)]

    async def _wait_for_first_requests(self) -> None:
        for _ in range(_PAUSES):
            if not any(connection.is_new() for connection in self._connections()):
                return
            await asyncio.sleep(_PAUSE)


def _allow_connections() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _keep_memory() -> None:
    """Start with the limits that glibc reaches by itself once it has freed large blocks.

    Until then it asks the kernel for each large body and matrix anew, whose empty pages cost more than the scoring.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for limit, size in _KEPT.items():
            mallopt(limit, size)


def serve(app: App, repository: Repository, settings: Settings, sock: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT; returns when every accepted request is answered."""
    _allow_connections()
    _keep_memory()
    sys.setswitchinterval(_SWITCH)  # a thread that reads a model must not keep requests waiting
    config = Config(
        app,
        http=Connection,
        ws="none",
        loop="uvloop",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=int(settings.idle_seconds),
        timeout_graceful_shutdown=_LONGEST_DRAIN,
    )
    quiet()
    server = DrainingServer(config, app, settings.drain_seconds)
    work = [watch(lambda: server.server_state.connections, settings.read_seconds, settings.idle_seconds)]
    if settings.reload_seconds:
        work.append(reload(repository, app, settings.reload_seconds))
    work.append(follow(app))
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_run(server, sock, work))


async def _run(server: Server, sock: socket.socket, work: Sequence[Coroutine[None, None, None]]) -> None:
    async with _background(work):
        await server.serve([sock])


def _tell(task: asyncio.Task[None]) -> None:
    """Background work has no end of its own: what ended it is a fault, but no reason to stop answering."""
    problem = None if task.cancelled() else task.exception()
    if problem is not None:
        _logger.error("background work ended", exc_info=problem)


@contextlib.asynccontextmanager
async def _background(work: Sequence[Coroutine[None, None, None]]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(task) for task in work]
    for task in tasks:
        task.add_done_callback(_tell)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
