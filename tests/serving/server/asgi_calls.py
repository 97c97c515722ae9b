"""Requests to the ASGI app without a socket."""

import asyncio
import json
from dataclasses import dataclass

from serving.server.app import App
from serving.server.limits import Limits
from serving.server.reloading import apply
from serving.server.repository import Repository

JSON = [(b"content-type", b"application/json")]


@dataclass
class Reply:
    status: int
    headers: dict
    content: bytes

    def json(self):
        return json.loads(self.content)


def make_app(folder, name="", missing="refuse", max_body=4 << 20, max_rows=10_000, **limits):
    app = App(max_body, Limits(max_rows, **limits))
    apply(Repository(folder, name, missing).look(final=True), app)
    return app


def ask(app, path, body=None, headers=None, method=None, parts=None, whole=True):
    """Send one request; body: bytes, or a value sent as JSON; parts: the body in several messages; whole: all of it."""
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    method = method or ("GET" if body is None and parts is None else "POST")
    if headers is None:
        headers = [] if method == "GET" else JSON
    scope = {"type": "http", "method": method, "path": path, "headers": headers, "query_string": b""}
    return asyncio.run(_ask(app, scope, parts or [body or b""], whole))


async def _ask(app, scope, parts, whole):
    waiting, sent = list(parts), []

    async def receive():
        if not waiting:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting) or not whole}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    if not sent:
        return Reply(0, {}, b"")
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    reply = Reply(sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"])
    assert int(reply.headers[b"content-length"]) == len(reply.content)
    return reply


def tensor(rows, name="input-0", datatype="FP64", **other):
    """A V2 input of a matrix of rows."""
    data = [value for row in rows for value in row]
    return {"name": name, "shape": [len(rows), len(rows[0])], "datatype": datatype, "data": data, **other}
