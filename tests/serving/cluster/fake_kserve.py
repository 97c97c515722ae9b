"""A cluster with KServe on it: an API, a controller that reports a status, and pods that answer with real models."""

import copy
import json
import threading
from dataclasses import dataclass
from pathlib import Path

import yaml
from fake_api import FakeApi, RefusalError, serve

from serving.model_folder import ModelFolder
from serving.model_folder.features import to_matrix

DOMAIN = "svc.cluster.local"


@dataclass
class Pod:
    """How pods of the model at an address behave.

    folder: what they serve; ready: whether they ever are; after: looks at the service until they are; shift: added to
    every probability; fails: whether KServe reports that the model cannot be loaded; errors: whether they answer 500.
    """

    folder: Path
    ready: bool = True
    after: int = 1
    shift: float = 0.0
    fails: bool = False
    errors: bool = False


class FakeCluster:
    """Knows the behaviour of the pods by the model's address; anything else is never ready."""

    def __init__(self, folder, pods):
        self.api, self.pods = FakeApi(), pods
        self.api.after_apply = self._reconcile
        self.lock, self.looks, self.turn = threading.RLock(), 0, 0
        self.serving, self.pending, self.revisions, self.rolled_out, self.before_that = None, None, [], None, None
        self.asked, self.models = [], {}
        self.server = serve(self._answer)
        self.port = self.server.server_address[1]
        self.kubeconfig = Path(folder) / "kubeconfig"
        self.kubeconfig.write_text(yaml.safe_dump(self._kubeconfig()))

    def _kubeconfig(self):
        address = f"http://127.0.0.1:{self.port}"
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "fake",
            "clusters": [{"name": "fake", "cluster": {"server": address}}],
            "users": [{"name": "me", "user": {"token": "t"}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "me"}}],
        }

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    @property
    def service(self):
        """The only InferenceService, or None."""
        found = [thing for (kind, _), thing in self.api.objects.items() if kind == "InferenceService"]
        return found[0] if found else None

    def state(self):
        """What is left on the cluster, without what differs from run to run."""
        kept = {}
        for (kind, name), thing in sorted(self.api.objects.items()):
            kept[kind, name] = {key: thing.get(key) for key in ("spec", "data")}
        return json.loads(json.dumps({str(key): value for key, value in kept.items()})) | {"answers": self.answering()}

    def answering(self):
        """The versions that answer requests to the whole service, and their shares in percent."""
        with self.lock:
            return {self._model(uri).version: share for uri, share in self._shares().items() if share}

    # the API and the pods

    def _answer(self, method, host, path, body, kind):
        if "/namespaces/" in path:
            try:
                return 200, self._look(self.api.answer(method, path, body, kind), method)
            except RefusalError as refusal:
                return refusal.code, refusal.status
        return self._ask(host.partition(":")[0], path, body)

    def _look(self, thing, method):
        """A GET of the service lets time pass."""
        if thing["kind"] != "InferenceService" or method != "GET":
            return thing
        with self.lock:
            self.looks += 1
            self._settle(self.service)
            return {**thing, "status": self._status()} if self.service else thing

    def _ask(self, host, path, body):
        with self.lock:
            uri = self._uri_for(host)
            self.asked.append((host, uri, path))
            if uri is None or self.pods[uri].errors:
                return (503 if uri is None else 500), {"error": "no pod is ready" if uri is None else "broken"}
            pod, model = self.pods[uri], self._model(uri)
        if path.startswith("/v2/models/"):
            return 200, {"name": model.name, "versions": [model.version]}
        row = json.loads(body)["instances"][0]
        matrix = to_matrix(model.features, [[row.get(feature.name) for feature in model.features]])
        if matrix is None:
            return 400, {"error": "another row is accepted"}
        probability = float(model.predictor().probabilities(matrix)[0])
        label = model.labels[0 if probability >= model.threshold else 1]
        predictions = [{"label": label, "probability": probability + pod.shift}]
        return 200, {"predictions": predictions, "model_name": model.name, "model_version": model.version}

    def _model(self, uri):
        if uri not in self.models:
            self.models[uri] = ModelFolder.read(self.pods[uri].folder)
        return self.models[uri]

    def _uri_for(self, host):
        """Which model answers a request to this host; None for none."""
        service = self.service
        first = host.partition(".")[0]
        if service is None:
            return None
        for canary in service["spec"].get("canary", []):
            if first == f"{service['metadata']['name']}-{canary['predictor']['name']}-predictor":
                uri = canary["predictor"]["model"]["storageUri"]
                return uri if self._is_ready(uri) else None
        shares = self._shares()
        self.turn += 37  # goes round all shares evenly, in the same order every time
        at = self.turn % 100
        for uri, share in shares.items():
            if at < share:
                return uri
            at -= share
        return None

    # the controller

    def _mode(self):
        return self.service["metadata"]["annotations"]["serving.kserve.io/deploymentMode"]

    def _is_ready(self, uri):
        return uri in self.pods and self.pods[uri].ready and not self.pods[uri].fails

    def _reconcile(self, service):
        """What happens when the service is changed; readiness comes with later looks."""
        with self.lock:
            uri = service["spec"]["predictor"]["model"]["storageUri"]
            if uri != (self.revisions[-1] if self.revisions else None):
                self.revisions.append(uri)
                self.pending, self.looks = uri, 0
            self._settle(service)

    def _settle(self, service):
        if service is None:
            self.serving, self.pending, self.revisions, self.rolled_out = None, None, [], None
            return
        if self.pending and self._is_ready(self.pending) and self.looks >= self.pods[self.pending].after:
            self.serving, self.pending = self.pending, None
        percent = service["spec"]["predictor"].get("canaryTrafficPercent")
        if self._mode() == "Knative" and self.pending is None:
            if percent is None and self.rolled_out != self.serving:
                self.before_that, self.rolled_out = self.rolled_out, self.serving
            elif percent is not None and self.rolled_out == self.serving and percent < 100 and self.before_that:
                self.rolled_out = self.before_that  # KServe's way back from a version that had all requests

    def _shares(self):
        """Percent by address, of the requests to the whole service."""
        if self.service is None or self.serving is None:
            return {}
        percent = self.service["spec"]["predictor"].get("canaryTrafficPercent")
        if self._mode() == "Standard" or percent is None or self.rolled_out is None:
            return {self.serving: 100}
        shares = {self.serving: percent}
        shares[self.rolled_out] = shares.get(self.rolled_out, 0) + 100 - percent
        return shares

    def _status(self):
        name, standard = self.service["metadata"]["name"], self._mode() == "Standard"
        first = f"{name}-predictor" if standard else name
        failing = self.pending in self.pods and self.pods[self.pending].fails
        ready = self.serving is not None and (standard or self.pending is None)
        conditions = [
            {"type": "PredictorReady", "status": str(ready), "reason": "" if ready else "MinimumReplicasUnavailable"},
            {"type": "Ready", "status": str(ready)},
        ]
        status = {
            "conditions": conditions,
            "observedGeneration": 1,  # the Deployment's, not the service's: nothing may rely on it
            "url": f"http://{name}.rarefault.example.com",
            "modelStatus": {"transitionStatus": "BlockedByFailedLoad" if failing else "UpToDate"},
        }
        if failing:
            status["modelStatus"]["lastFailureInfo"] = {"reason": "ModelLoadFailed", "message": "no such\nbucket"}
        if ready:
            status["address"] = {"url": f"http://{first}.rarefault.{DOMAIN}:{self.port}"}
        if standard:
            canaries = copy.deepcopy(self.service["spec"].get("canary", []))
            status["canaryStatuses"] = [
                {"name": c["predictor"]["name"], "ready": self._is_ready(c["predictor"]["model"]["storageUri"])}
                for c in canaries
            ]
        elif self.revisions:
            latest, done = len(self.revisions), len(self.revisions) - (self.pending is not None)
            names = {"latestCreatedRevision": f"{name}-{latest:05d}"}
            if done:
                names["latestReadyRevision"] = f"{name}-{done:05d}"
            status["components"] = {"predictor": names}
        return status
