"""Where a step tells how far it is: a file the command line watches, else a line on stderr now and then."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

FILE = "RAREFAULT_PROGRESS"
OWNER = "RAREFAULT_RUN_PID"
_EVERY = 10.0


def emit(event: str, step: str, **facts: Any) -> None:
    """Append one event (JSON, one line) to the progress file, if there is one."""
    path = os.environ.get(FILE)
    if not path:
        return
    line = json.dumps({"event": event, "step": step, "time": time.time(), **facts}) + "\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, line.encode())  # one write, so that lines of parallel steps do not mix
    finally:
        os.close(descriptor)


def watch(step: str, unit: str) -> Callable[[int, int], None]:
    """A callback progress(done, total) for a step that counts `unit`s; at most a few events a second are written."""
    last = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if os.environ.get(FILE):
            if done == total or now - last > 0.2:
                last = now
                emit("progress", step, done=done, total=total, unit=unit)
        elif now - last > _EVERY:
            last = now
            print(f"{step}: {unit} {done} of {total}", file=sys.stderr, flush=True)

    return progress


def stop_with_owner() -> None:
    """End this process when the run that started it is gone (killed), so that it writes nothing any more."""
    owner = os.environ.get(OWNER)
    if not owner or int(owner) == os.getpid():
        return

    def guard() -> None:
        while True:
            if not os.path.exists(f"/proc/{owner}") and not _alive(int(owner)):
                os._exit(75)
            time.sleep(0.5)

    threading.Thread(target=guard, daemon=True).start()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
