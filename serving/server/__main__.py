"""`python -m serving.server`: serve a model folder."""

import logging
import os
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from serving.server.settings import Settings, parse

if TYPE_CHECKING:
    from serving.server.app import App
    from serving.server.request_log import RequestLog

_logger = logging.getLogger("rarefault.serving")


def main() -> None:
    """Serve until a signal ends it: exit code 0; 2, and one line, if the settings or every model are unusable."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _ended)  # uvicorn raises the signal again when it has drained
    settings, ignored = parse(sys.argv[1:], os.environ)
    logging.basicConfig(
        level=settings.log_level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    if ignored:
        _logger.info("ignored flags that mean nothing here: %s", ", ".join(ignored))
    run(settings)


def run(settings: Settings) -> None:
    """Load the models and serve them."""
    from serving.server.listening import listen
    from serving.server.process import serve
    from serving.server.reloading import apply
    from serving.server.repository import Repository

    repository = Repository(settings.model_dir, settings.model_name, settings.missing)
    app, log = _app(settings)
    apply(repository.look(final=True), app)
    if not app.state.models:
        reason = "; ".join(app.state.broken.values()) or f"no model.json in {settings.model_dir} or its sub-folders"
        _refuse(f"no model can be served: {reason}")
    try:
        sock = listen(settings.host, settings.http_port)
    except OSError as problem:
        _refuse(f"cannot listen on {settings.host} port {settings.http_port}: {problem.strerror}")
    host, port = sock.getsockname()[:2]
    _logger.info("listening on http://%s:%d", f"[{host}]" if ":" in host else host, port)
    if log is not None:
        log.start()
    try:
        serve(app, repository, settings, sock)
    finally:
        app.states.close()
        if log is not None:
            log.stop()


def _app(settings: Settings) -> "tuple[App, RequestLog | None]":
    from serving.server.app import App
    from serving.server.limits import Limits
    from serving.server.states import States

    limits = Limits(settings.max_rows, settings.max_images, settings.max_pixels, settings.max_snapshots)
    app = App(settings.max_body, limits, States(settings.state, settings.max_machines))
    if settings.request_log == "off":
        return app, None
    from serving.server.request_log import RequestLog
    from serving.server.sinks import open_sink

    try:
        log = RequestLog(settings.request_log, open_sink(settings.request_log_sink, settings.request_log), app.metrics)
    except ValueError as problem:
        _refuse(str(problem))
    app.log_to(log)
    return app, log


def _ended(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def _refuse(reason: str) -> NoReturn:
    print(f"error: {reason}", file=sys.stderr)
    raise SystemExit(2)


if __name__ == "__main__":
    main()
