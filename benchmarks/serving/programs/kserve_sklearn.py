"""KServe's ModelServer with its defaults (but for gRPC, which is off) around a scikit-learn pipeline.

python -m benchmarks.serving.programs.kserve_sklearn LINEAR.json PORT

Its own scikit-learn server does the same: rows to an array, the pipeline's prediction, a list back.
"""

import json
import sys
from pathlib import Path

import kserve
import numpy as np
import uvicorn
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler


class Loopback(uvicorn.Config):
    """KServe listens on every address and offers no setting for it."""

    def __init__(self, *arguments, **named) -> None:
        super().__init__(*arguments, **{**named, "host": "127.0.0.1"})


class SklearnModel(kserve.Model):
    def __init__(self, name: str, told: dict) -> None:
        super().__init__(name)
        self.pipeline = pipeline(told)
        self.ready = True

    async def predict(self, payload, headers=None, response_headers=None):
        X = np.array(payload["instances"])  # (n, d)
        return {"predictions": self.pipeline.predict_proba(X)[:, 1].tolist()}


def pipeline(told: dict) -> Pipeline:
    scaler, logistic = StandardScaler(), LogisticRegression()
    scaler.mean_, scaler.scale_ = np.array(told["mean"]), np.array(told["scale"])
    scaler.var_, scaler.n_features_in_ = scaler.scale_**2, len(told["mean"])
    logistic.coef_, logistic.intercept_ = np.array([told["coefficient"]]), np.array([told["intercept"]])
    logistic.classes_, logistic.n_features_in_ = np.array([0, 1]), len(told["mean"])
    return Pipeline([("scale", scaler), ("classify", logistic)])


if __name__ == "__main__":
    uvicorn.Config = Loopback  # type: ignore[misc]  # kserve looks it up there
    model = SklearnModel("line", json.loads(Path(sys.argv[1]).read_text()))
    kserve.ModelServer(http_port=int(sys.argv[2]), enable_grpc=False).start([model])
