"""Registered generators and classifiers: versions, lineage tags, aliases."""

import json
import logging
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from filelock import FileLock, Timeout
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from mlflow.models.model import ModelInfo
from mlflow.tracking import MlflowClient

from rarefault.errors import InputError
from rarefault.registry.address import RUN_TAG, home, resolve
from rarefault.registry.database import make_sqlite

EXPERIMENT = "rarefault"
CHAMPION, CHALLENGER, PREVIOUS = "champion", "challenger", "previous-champion"

RegistryError = MlflowException
"""What an operation raises when MLflow cannot be asked."""


@dataclass(frozen=True)
class Version:
    """One version of a registered model."""

    name: str
    version: int
    aliases: tuple[str, ...]
    tags: Mapping[str, str]
    run_id: str
    created: int = 0
    """When it was registered, in milliseconds since 1970."""

    @property
    def uri(self) -> str:
        """The MLflow address of this version."""
        return f"models:/{self.name}/{self.version}"


def _root_of(problem: BaseException) -> BaseException:
    """The exception that began it all."""
    while (earlier := problem.__cause__ or problem.__context__) is not None:
        problem = earlier
    return problem


class Registry:
    """Registered models at an MLflow address: an empty one means sqlite and a folder in the user's data folder."""

    def __init__(self, address: str = "") -> None:
        self.address = resolve(address)
        logging.getLogger("mlflow").setLevel(logging.ERROR)
        logging.getLogger("alembic").setLevel(logging.ERROR)
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # MLflow's seven take minutes
        mlflow.set_tracking_uri(self.address)
        mlflow.set_registry_uri(self.address)
        with self._alone():
            try:
                make_sqlite(self.address, (home() / "artifacts").as_uri())
                self.client = MlflowClient(self.address, self.address)
            except OSError as problem:
                raise self._no_registry(problem) from problem
            self._experiment = self._find_or_create_experiment()

    @property
    def shown_address(self) -> str:
        """The address without a password in it."""
        return re.sub(r"//[^/@]*@", "//", self.address)

    def deciding(self, name: str) -> AbstractContextManager[None]:
        """One run of this machine at a time compares with the champion of model `name` and promotes."""
        return self._alone(f"{name}.lock")

    @contextmanager
    def _alone(self, file: str = "registry.lock") -> Iterator[None]:
        """One writer at a time: two processes may not create or migrate the sqlite file together."""
        try:
            home().mkdir(parents=True, exist_ok=True)
            lock = FileLock(home() / file, timeout=120)
            lock.acquire()
        except Timeout:
            raise TimeoutError(f"the registry at {home()} has been in use by another process for two minutes") from None
        except OSError as problem:
            raise InputError(
                f"the registry's folder {home()} cannot be written ({problem.strerror or problem}); accepted: another "
                "folder, named by RAREFAULT_HOME"
            ) from problem
        try:
            yield
        finally:
            lock.release()

    def _no_registry(self, problem: Exception) -> InputError:
        cause = " ".join(str(_root_of(problem)).split())[-200:]
        return InputError(
            f"no MLflow registry at {self.shown_address}: {cause}; accepted: the address of a running MLflow server, "
            "or none for the registry on this machine"
        )

    def _find_or_create_experiment(self) -> str:
        try:
            found = self.client.get_experiment_by_name(EXPERIMENT)
        except MlflowException as problem:
            raise self._no_registry(problem) from problem
        if found is not None:
            return str(found.experiment_id)
        local = self.address.startswith("sqlite:")
        folder = (home() / "artifacts").as_uri() if local else None
        return str(self.client.create_experiment(EXPERIMENT, artifact_location=folder))

    def register(
        self,
        name: str,
        folder: str | Path,
        *,
        run_id: str,
        tags: Mapping[str, Any],
        metrics: Mapping[str, float],
        example: pd.DataFrame,
        output: pd.DataFrame,
        extras: Mapping[str, str | Path] | None = None,
    ) -> Version:
        """Register the model in `folder` as the next version of `name`, with alias `challenger`.

        tags are the lineage; example and output give the signature and the input example; extras are files or
        folders kept beside the model (artifact folder name -> path). Registering the same run twice gives the
        version of the first time, so a step that was killed can be run again. Without a run_id it is a run of its own.
        """
        run_id = run_id or uuid.uuid4().hex
        with self._alone():
            known = self._of_run(name, run_id)
            if known is not None:
                return known
            self._remove_unfinished(name, run_id)
            tracking = self.client.create_run(
                self._experiment, run_name=f"{name} {run_id[:8]}", tags={RUN_TAG: run_id, "model": name}
            )
            with mlflow.start_run(run_id=tracking.info.run_id):
                mlflow.log_metrics({key: float(value) for key, value in metrics.items()})
                for place, path in (extras or {}).items():
                    log = mlflow.log_artifacts if Path(path).is_dir() else mlflow.log_artifact
                    log(str(path), place)
                info = mlflow.pyfunc.log_model(
                    name="model",
                    python_model=str(Path(__file__).with_name("model_code.py")),
                    artifacts={"model": str(folder)},
                    signature=infer_signature(example, output),
                    input_example=example,
                    pip_requirements=["rarefault"],
                )
            version = self._create_version(name, info, tracking.info.run_id, run_id, tags)
            self.client.set_registered_model_alias(name, CHALLENGER, str(version))
            return self.version(name, str(version))

    def _create_version(self, name: str, logged: ModelInfo, tracking: str, run_id: str, tags: Mapping[str, Any]) -> int:
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in tags.items()}
        try:
            self.client.create_registered_model(name)
        except MlflowException as problem:
            if problem.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        created = self.client.create_model_version(
            name, logged.model_uri, tracking, tags={**texts, RUN_TAG: run_id}, model_id=logged.model_id
        )
        return int(created.version)

    def _of_run(self, name: str, run_id: str) -> Version | None:
        return next((v for v in self.versions(name) if v.tags.get(RUN_TAG) == run_id), None)

    def _remove_unfinished(self, name: str, run_id: str) -> None:
        """Delete what an earlier, killed attempt logged without registering it."""
        wanted = f"tags.`{RUN_TAG}` = '{run_id}' and tags.model = '{name}'"
        for run in self.client.search_runs([self._experiment], wanted):
            self.client.delete_run(run.info.run_id)

    def names(self) -> list[str]:
        """Every registered model."""
        return sorted(model.name for model in self.client.search_registered_models())

    def versions(self, name: str) -> list[Version]:
        """All versions of a model, newest first; empty for an unknown name."""
        found = self.client.search_model_versions(f"name='{name}'")
        complete = [self._version(v) for v in found]
        return sorted(complete, key=lambda v: -v.version)

    def _version(self, found: ModelVersion) -> Version:
        full = self.client.get_model_version(found.name, found.version)
        created = int(full.creation_timestamp or 0)
        return Version(full.name, int(full.version), tuple(full.aliases), dict(full.tags), str(full.run_id), created)

    def version(self, name: str, which: str) -> Version:
        """A version by number or alias; raises InputError naming what exists."""
        try:
            found = (
                self.client.get_model_version(name, which)
                if which.isdigit()
                else self.client.get_model_version_by_alias(name, which)
            )
        except MlflowException as problem:
            known = ", ".join(f"{v.version} {'/'.join(v.aliases)}".strip() for v in self.versions(name))
            raise InputError(
                f"no version {which!r} of model {name!r}; "
                + (f"its versions: {known}" if known else f"registered models: {', '.join(self.names()) or 'none'}")
            ) from problem
        return self._version(found)

    def alias(self, name: str, alias: str) -> Version | None:
        """The version that carries an alias, or None."""
        return next((v for v in self.versions(name) if alias in v.aliases), None)

    def fetch(self, version: Version, target: str | Path) -> Path:
        """The model's folder (model.json and weights), copied under `target`, a folder of its own."""
        Path(target).mkdir(parents=True, exist_ok=True)
        root = mlflow.artifacts.download_artifacts(version.uri, dst_path=str(target), tracking_uri=self.address)
        within = sorted(Path(root).rglob("model.json"), key=lambda path: len(path.parts))
        found = [path.parent for path in within]  # a model may hold others: the outermost is meant
        if not found:
            raise InputError(f"{version.uri} holds no Rarefault model (no model.json among its files)")
        return found[0]

    def promote(self, name: str, which: str) -> Version:
        """Make a version the champion; the champion it replaces is remembered for `rollback`."""
        with self._alone():
            chosen, champion = self.version(name, which), self.alias(name, CHAMPION)
            if champion is not None and champion.version != chosen.version:
                self.client.set_registered_model_alias(name, PREVIOUS, str(champion.version))
            self.client.set_registered_model_alias(name, CHAMPION, str(chosen.version))
            if CHALLENGER in chosen.aliases:
                self.client.delete_registered_model_alias(name, CHALLENGER)
            return self.version(name, str(chosen.version))

    def rollback(self, name: str) -> Version:
        """Make the previous champion champion again; raises InputError when there is none."""
        previous = self.alias(name, PREVIOUS)
        if previous is None:
            raise InputError(f"model {name!r} has no previous champion to go back to")
        return self.promote(name, str(previous.version))

    def tag(self, version: Version, tags: Mapping[str, str]) -> None:
        """Add tags to a version."""
        for key, value in tags.items():
            self.client.set_model_version_tag(version.name, str(version.version), key, value)
