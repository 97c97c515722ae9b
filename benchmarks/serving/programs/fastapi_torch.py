"""What many would write: FastAPI with pydantic models for the request and the answer, PIL and torch behind them.

python -m benchmarks.serving.programs.fastapi_torch INSPECTOR_FOLDER PORT
"""

import base64
import io
import sys

import numpy as np
import torch
import uvicorn
from fastapi import FastAPI
from PIL import Image
from pydantic import BaseModel

from rarefault.classifiers.image import Inspector

app = FastAPI()
torch.set_num_threads(1)
inspector = Inspector.load(sys.argv[1])
network = inspector.network_.eval()
channels, height, width = inspector.shape_


class Picture(BaseModel):
    b64: str


class Pictures(BaseModel):
    instances: list[Picture]


class Prediction(BaseModel):
    label: str
    probability: float
    probabilities: dict[str, float]


class Predictions(BaseModel):
    predictions: list[Prediction]


@app.get("/v2/health/ready")
async def ready() -> dict[str, bool]:
    return {"ready": True}


@app.post("/v1/models/{name}:predict")
def predict(name: str, pictures: Pictures) -> Predictions:
    images = np.stack([pixels(base64.b64decode(one.b64)) for one in pictures.instances])  # (n, c, h, w)
    with torch.inference_mode():
        found = network(torch.from_numpy(images).float() / 127.5 - 1).softmax(1).tolist()
    predictions = [
        Prediction(
            label=inspector.classes_[max(range(len(own)), key=own.__getitem__)],
            probability=max(own),
            probabilities=dict(zip(inspector.classes_, own, strict=True)),
        )
        for own in found
    ]
    return Predictions(predictions=predictions)


def pixels(content: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(content)).convert("L" if channels == 1 else "RGB")
    if picture.size != (width, height):
        picture = picture.resize((width, height), Image.Resampling.BICUBIC)
    values = np.asarray(picture)
    return values[None] if values.ndim == 2 else values.transpose(2, 0, 1)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False)
