"""A thread for what takes long, so that the event loop goes on answering meanwhile."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from serving.server.refusals import Refusal

MOST_WAITING = 256
"""Requests; the bodies that wait take memory, and whoever is behind so many has given up before the answer."""
Done = TypeVar("Done")


class Work:
    """One job after the other, in the order in which they came."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "work")  # starts no thread before the first job
        self._waiting = 0

    async def do(self, job: Callable[[], Done]) -> Done:
        """What the job returns; a 429 if too many wait already."""
        if self._waiting >= MOST_WAITING:
            reason = f"{self._waiting} requests are waiting already; send fewer at a time, or ask another replica"
            raise Refusal(429, reason, ((b"retry-after", b"1"),))
        self._waiting += 1
        try:
            return await self.own(job)
        finally:
            self._waiting -= 1

    async def own(self, job: Callable[[], Done]) -> Done:
        """What the job returns, however many wait: a job of the server's own."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, job)
