"""What many would write: FastAPI with pydantic models, the degradation model behind them, streams in a dictionary.

python -m benchmarks.serving.programs.fastapi_vibration MODEL_FOLDER PORT
"""

import sys

import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from rarefault.degradation.model import DegradationModel
from rarefault.degradation.stream import Stream

app = FastAPI()
model = DegradationModel.load(sys.argv[1])
streams: dict[str, Stream] = {}


class Snapshot(BaseModel):
    machine: str
    snapshot: list[float]
    sequence: int


class Snapshots(BaseModel):
    instances: list[Snapshot]


class Verdict(BaseModel):
    machine: str
    indicator: float
    degree: float
    state: str


class Verdicts(BaseModel):
    predictions: list[Verdict]


@app.get("/v2/health/ready")
async def ready() -> dict[str, bool]:
    return {"ready": True}


@app.post("/v1/models/{name}:predict")
async def predict(name: str, snapshots: Snapshots) -> Verdicts:
    found = []
    for one in snapshots.instances:
        x = np.array(one.snapshot, dtype=np.float32)[None, None]
        stream = streams.setdefault(one.machine, model.stream())
        told = stream.push(float(model.indicator.indicate(x)[0]))
        verdict = Verdict(machine=one.machine, indicator=told.indicator, degree=told.degree, state=told.state)
        found.append(verdict)
    return Verdicts(predictions=found)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False)
