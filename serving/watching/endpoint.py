"""What the monitor knows, for Prometheus, on this machine's own address."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from rarefault.errors import InputError
from serving.server.metrics import family
from serving.server.vibration.observation import GAUGES, gauges
from serving.watching.monitor import Monitor

_MEDIA = "text/plain; version=0.0.4; charset=utf-8"


def exposition(monitor: Monitor) -> bytes:
    """Gauges of each machine, as the model server tells them, and counts of files."""
    model, lines = monitor.judge.name, []
    for metric, values in gauges(dict(monitor.told)).items():
        rows = [({"model": model, "machine": machine}, value) for machine, value in values.items()]
        lines += family(metric, "gauge", GAUGES[metric], rows)
    counts = [({"model": model, "result": result}, monitor.counts[result]) for result in ("counted", "refused")]
    lines += family("rarefault_monitor_files_total", "counter", "Files of snapshots by what became of them", counts)
    waiting = [({"model": model}, monitor.waiting)]
    lines += family("rarefault_monitor_waiting_files", "gauge", "Files that are not complete yet", waiting)
    return ("\n".join(lines) + "\n").encode()


@contextmanager
def told(monitor: Monitor, port: int) -> Iterator[int]:
    """Answer GET /metrics on 127.0.0.1 meanwhile; the port, a free one for 0. Raises InputError."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # http.server finds it by this name
            found = self.path.partition("?")[0] == "/metrics"
            content = exposition(monitor) if found else b"nothing is here; ask for /metrics\n"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", _MEDIA if found else "text/plain")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *values: object) -> None:
            """Say nothing."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError as problem:
        raise InputError(
            f"port {port} cannot be listened on ({problem.strerror}); accepted: another, 0 for a free one"
        ) from problem
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
