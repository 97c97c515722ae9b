"""Bring a release onto the cluster step by step, and put the previous one back when anything fails."""

from rarefault.errors import InputError
from serving.cluster.api import Cluster, Object, Say
from serving.cluster.errors import ClusterError, RolloutError, UnknownKindError
from serving.cluster.journal import Journal, Release, live_release
from serving.cluster.places import Places
from serving.cluster.settings import RolloutSettings
from serving.cluster.smoke import Smoke
from serving.kubernetes import Canary, build, dns_label

_SERVICE = "InferenceService"
OWN_KINDS = ("PodMonitor", _SERVICE, "NetworkPolicy")
"""What belongs to one model; the ServingRuntime is shared."""


class Rollout:
    """One attempt to serve `target` as the model's release; `smoke` asks it, `say` gets a line for each step."""

    def __init__(
        self, cluster: Cluster, model: str, target: Release, settings: RolloutSettings, smoke: Smoke, say: Say
    ) -> None:
        self._cluster, self._model, self._target = cluster, model, target
        self._settings, self._smoke, self._say = settings, smoke, say
        self._name = dns_label(model)
        self._journal = Journal(cluster, self._name)
        self._places = Places(cluster, self._name, settings)
        self._monitored = True

    def run(self) -> dict[str, float]:
        """Serve the target; the number of canary steps and of requests asked.

        Run again after it was stopped by whatever, it comes to the same end. Raises RolloutError when the target is
        not ready in time or answers otherwise than registered: the previous release serves again then. Raises
        ClusterError when the cluster refuses the objects, before anything was changed; SupersededError when another
        deployment of the model began meanwhile.
        """
        previous, steps = self._plan()
        self._rehearse(previous, steps)
        self._journal.open(previous, self._target)
        try:
            for percent in steps:
                self._share(previous, percent)
            self._take_over()
        except (ClusterError, RolloutError) as problem:
            raise self._put_back(previous, problem) from problem
        self._journal.close(self._target, f"version {self._target.version} was deployed")
        self._say(f"version {self._target.version} serves {self._model}")
        return {"canary_steps": float(len(steps)), "smoke_requests": float(self._smoke.requests)}

    def _plan(self) -> tuple[Release | None, list[int]]:
        """The release that serves now, and the canary's shares that are left until the target serves alone."""
        stable, unfinished = self._journal.look()
        service = self._cluster.get(_SERVICE, self._name)
        if service is not None:
            live = live_release(service, self._model, self._target.settings)
            if stable is None and not unfinished:
                stable = live  # applied by hand
        if unfinished:
            self._say(f"the deployment of version {unfinished} did not end; going on from what it left")
        if service is None or stable is None or stable.version == self._target.version:
            return stable, []
        reached = _share_of(service, self._target.storage_uri)
        return stable, [step for step in self._settings.steps(self._target.settings.mode) if step >= reached]

    def _rehearse(self, previous: Release | None, steps: list[int]) -> None:
        """Have the cluster check everything without changing anything."""
        canary = Canary(self._target.version, self._target.storage_uri, steps[0]) if steps else None
        for thing in self._objects(previous if canary and previous else self._target, canary):
            try:
                self._cluster.apply(thing, dry_run=True)
            except UnknownKindError:
                if thing["kind"] != "PodMonitor":
                    raise
                self._monitored = False
                self._say("the cluster knows no PodMonitor: Prometheus will not read the model's metrics")
            except ClusterError as problem:
                if canary and "canary" in str(problem):
                    raise ClusterError(f"{problem}; accepted: canary_steps=[], or KServe 0.20 or newer") from problem
                raise
        self._say("the cluster accepts the objects (tried without changing anything)")

    def _share(self, previous: Release | None, percent: int) -> None:
        """Give the target a share of the requests, and watch it."""
        if previous is None:
            raise ValueError("a canary needs a release beside it")
        version = self._target.version
        self._say(f"version {version} gets {percent} % of the requests, version {previous.version} keeps the others")
        self._apply(self._objects(previous, Canary(version, self._target.storage_uri, percent)))
        place = self._smoke.until_right(self._places.canary(self._target), version, self._settings.ready_seconds)
        self._say(f"version {version} answers as registered at {percent} %")
        self._smoke.watch(place, version, self._settings.canary_seconds)

    def _take_over(self) -> None:
        version = self._target.version
        self._say(f"version {version} gets all requests; waiting until it is ready")
        self._apply(self._objects(self._target))
        self._smoke.until_right(self._places.whole(), version, self._settings.ready_seconds)
        self._say(f"version {version} answers as registered")

    def _put_back(self, previous: Release | None, problem: InputError | RolloutError) -> RolloutError:
        """Serve the previous release again; the error that tells what happened."""
        self._say(f"failed: {problem}")
        what = f"version {previous.version}" if previous else "nothing"
        try:
            if previous is None:
                self._remove()
            else:
                self._return_to(previous)
        except (ClusterError, RolloutError) as second:
            return RolloutError(f"{problem}; and {what} could not be put back: {second}")
        ending = f"{what} serves {self._model} again" if previous else f"{self._model} is not served, as before"
        self._say(ending)
        self._journal.close(previous, f"version {self._target.version} failed: {problem}")
        return RolloutError(f"{problem}; {ending}")

    def _remove(self) -> None:
        self._say("there was no version before: removing the service")
        self._journal.check()
        for kind in OWN_KINDS:
            if kind != "PodMonitor" or self._monitored:
                self._cluster.delete(kind, self._name)

    def _return_to(self, previous: Release) -> None:
        self._say(f"putting version {previous.version} back")
        if previous.settings.mode == "Knative" and previous.version != self._target.version:
            self._lead_requests_away(previous)
        self._apply(self._objects(previous))
        self._smoke.until_served(self._places.whole(), previous.version, self._settings.ready_seconds)

    def _lead_requests_away(self, previous: Release) -> None:
        """Knative gives all requests to the newest revision that is ready: take them from the failed one first.

        Its share goes to the revision before, which still runs, while a new revision of that version gets ready.
        """
        target = self._target
        for things in (
            self._objects(previous, Canary(target.version, target.storage_uri, 0)),
            self._objects(target, Canary(previous.version, previous.storage_uri, 0), previous),
        ):
            self._apply(things)
            try:
                self._smoke.until_served(self._places.whole(), previous.version, self._settings.ready_seconds)
            except RolloutError as problem:  # the last step gives it the requests in any case
                self._say(f"still: {problem}")

    def _objects(
        self, release: Release, canary: Canary | None = None, settings_of: Release | None = None
    ) -> list[Object]:
        """The objects of a release; settings of the target while it has a share."""
        source = settings_of or (self._target if canary else release)
        try:
            return build(self._model, release.version, release.storage_uri, source.settings, canary)
        except ValueError as problem:
            raise InputError(str(problem)) from problem

    def _apply(self, things: list[Object]) -> None:
        self._journal.check()
        for thing in things:
            if thing["kind"] != "PodMonitor" or self._monitored:
                mine = self._journal.check if thing["kind"] == _SERVICE else None
                done = self._cluster.apply(thing, guard=mine)
                if thing["kind"] == _SERVICE:
                    self._clear_foreign_canary(thing, done)

    def _clear_foreign_canary(self, wanted: Object, found: Object) -> None:
        """A canary that somebody else set stays when we do not name it, and would keep its share."""
        spec, ours = found.get("spec") or {}, wanted["spec"]
        change: Object = {}
        if spec.get("canary") and "canary" not in ours:
            change["canary"] = None
        if "canaryTrafficPercent" in spec.get("predictor", {}) and "canaryTrafficPercent" not in ours["predictor"]:
            change["predictor"] = {"canaryTrafficPercent": None}
        if change:
            self._say("removing a canary that was set by hand")
            self._cluster.clear(_SERVICE, self._name, {"spec": change})


def _share_of(service: Object, uri: str) -> int:
    """How much of the requests the version at `uri` gets by now, in percent."""
    spec = service.get("spec") or {}
    predictor = spec.get("predictor") or {}
    if (predictor.get("model") or {}).get("storageUri") == uri:
        return int(predictor.get("canaryTrafficPercent", 100))
    for canary in spec.get("canary") or []:
        if ((canary.get("predictor") or {}).get("model") or {}).get("storageUri") == uri:
            return int(canary.get("trafficPercent") or 0)
    return 0
