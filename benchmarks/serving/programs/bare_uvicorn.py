"""The limit: uvicorn, orjson and one numpy dot product; no checks at all, nothing switched on that is not needed.

python -m benchmarks.serving.programs.bare_uvicorn LINEAR.json PORT
"""

import sys
from pathlib import Path

import numpy as np
import orjson
import uvicorn

HEADERS = [(b"content-type", b"application/json")]


class App:
    def __init__(self, told: dict) -> None:
        scale = np.array(told["scale"])
        self.weights = np.array(told["coefficient"]) / scale
        self.intercept = told["intercept"] - float(np.array(told["mean"]) @ self.weights)
        self.threshold, self.labels = told["threshold"], told["labels"]

    async def __call__(self, scope, receive, send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        answer = self.answer(body) if body else b"{}"
        headers = [*HEADERS, (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def answer(self, body: bytes) -> bytes:
        X = np.array(orjson.loads(body)["instances"])  # (n, d)
        probabilities = 1 / (1 + np.exp(-(X @ self.weights + self.intercept)))
        predictions = [
            {"label": self.labels[p >= self.threshold], "probability": p} for p in probabilities.tolist()
        ]  # fmt: skip
        return orjson.dumps({"predictions": predictions})


if __name__ == "__main__":
    app = App(orjson.loads(Path(sys.argv[1]).read_bytes()))
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[2]),
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        log_level="warning",
        access_log=False,
    )
