"""What many would write: FastAPI with pydantic models for the request and the answer, numpy behind them.

python -m benchmarks.serving.programs.fastapi_pydantic LINEAR.json PORT
"""

import json
import sys
from pathlib import Path

import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
told = json.loads(Path(sys.argv[1]).read_text())
mean, scale, coefficient = (np.array(told[name]) for name in ("mean", "scale", "coefficient"))


class Rows(BaseModel):
    instances: list[list[float]]


class Prediction(BaseModel):
    label: str
    probability: float


class Predictions(BaseModel):
    predictions: list[Prediction]


@app.get("/v2/health/ready")
async def ready() -> dict[str, bool]:
    return {"ready": True}


@app.post("/v1/models/{name}:predict")
async def predict(name: str, rows: Rows) -> Predictions:
    X = (np.array(rows.instances) - mean) / scale  # (n, d)
    probabilities = 1 / (1 + np.exp(-(X @ coefficient + told["intercept"])))
    return Predictions(
        predictions=[
            Prediction(label=told["labels"][p >= told["threshold"]], probability=p) for p in probabilities.tolist()
        ]
    )


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False)
