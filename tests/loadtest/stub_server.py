"""A model server of one file for the tests: right answers, or slow or wrong ones on demand.

python stub_server.py PORT [--delay SECONDS] [--wrong-every N] [--features N] [--no-metadata]
"""

import argparse
import asyncio
import json

import uvicorn


class Stub:
    def __init__(self, asked):
        self.asked, self.n = asked, 0

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        status, answer = self.answer(scope, body)
        if self.asked.delay and scope["method"] == "POST":
            await asyncio.sleep(self.asked.delay)
        content = json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def answer(self, scope, body):
        path = scope["path"]
        if path == "/v2/models/stub":
            inputs = [{"name": "rows", "datatype": "FP64", "shape": [-1, self.asked.features]}]
            return 200, {"name": "stub", "inputs": [] if self.asked.no_metadata else inputs, "outputs": []}
        if path not in ("/v1/models/stub:predict", "/v2/models/stub/infer"):
            return 404, {"error": "unknown path or model"}
        self.n += 1
        if self.asked.wrong_every and self.n % self.asked.wrong_every == 0:
            return 500, {"error": "wrong on demand"}
        length = dict(scope["headers"]).get(b"inference-header-content-length")
        try:
            told = json.loads(body if length is None else body[: int(length)])
            return 200, self.v1(told) if path.startswith("/v1") else self.v2(told)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            return 400, {"error": str(error)}

    def v1(self, told):
        rows = told["instances"]
        for row in rows:
            values = list(row.values()) if isinstance(row, dict) else row
            if len(values) != self.asked.features or not all(isinstance(value, int | float) for value in values):
                raise ValueError("a row takes numbers only")
        return {"predictions": [{"label": "pass", "probability": 0.1}] * len(rows)}

    def v2(self, told):
        n, d = told["inputs"][0]["shape"]
        if d != self.asked.features:
            raise ValueError("wrong width")
        return {"outputs": [{"name": "probability", "shape": [n], "datatype": "FP64", "data": [0.1] * n}]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--wrong-every", type=int, default=0)
    parser.add_argument("--features", type=int, default=4)
    parser.add_argument("--no-metadata", action="store_true")
    chosen = parser.parse_args()
    uvicorn.run(Stub(chosen), host="127.0.0.1", port=chosen.port, log_level="warning", access_log=False)
