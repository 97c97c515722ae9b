"""A small API server of Kubernetes in this process: it answers GET with the objects that it was given."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import yaml

TOKEN = "token-of-the-test"


class Kubernetes:
    """objects: what is at each path; forbidden: paths that may not be read; asked: what was asked for."""

    def __init__(self, objects):
        self.objects, self.forbidden, self.asked = dict(objects), set(), []
        self.says = json.dumps

    def answer(self, path, token):
        """The status and the body for a path."""
        self.asked.append(path)
        if token != f"Bearer {TOKEN}":
            return 401, {"kind": "Status", "code": 401}
        if path in self.forbidden:
            return 403, {"kind": "Status", "code": 403}
        if path not in self.objects:
            return 404, {"kind": "Status", "code": 404}
        return 200, self.objects[path]


@contextlib.contextmanager
def serve(kubernetes):
    """The address of a running server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = kubernetes.answer(self.path, self.headers.get("Authorization"))
            content = kubernetes.says(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def kubeconfig(path, address, token=TOKEN):
    """Write a kubeconfig that leads to an address."""
    whole = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": address}}],
        "users": [{"name": "test", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
    }
    path.write_text(yaml.safe_dump(whole))
    return path
