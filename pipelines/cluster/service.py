"""What is asked of a Kubeflow Pipelines server: upload, run, schedule, list."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import kfp_server_api as api

from pipelines.cluster.asking import Asker
from pipelines.cluster.package import version_name, write_package


@dataclass(frozen=True)
class Schedule:
    """What runs, when (a cron expression of six fields), and with which parameters."""

    cron: str
    parameters: Mapping[str, Any]
    pipeline_id: str
    version_id: str


class Service(Asker):
    """A server's pipelines, runs and schedules."""

    def __init__(self, *place: Any) -> None:
        super().__init__(*place)
        self._pipelines = api.PipelineServiceApi(self.client)
        self._uploads = api.PipelineUploadServiceApi(self.client)
        self._experiments = api.ExperimentServiceApi(self.client)
        self._runs = api.RunServiceApi(self.client)
        self._recurring = api.RecurringRunServiceApi(self.client)

    def submit(self, name: str, parameters: Mapping[str, Any], experiment: str, account: str = "") -> str:
        """Run the pipeline, uploaded where it is not yet there as it is compiled now; returns the run's id."""
        pipeline_id, version_id = self.upload(name)
        run = api.V2beta1Run(
            display_name=f"{name} {datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
            experiment_id=self.experiment(experiment),
            pipeline_version_reference=_reference(pipeline_id, version_id),
            runtime_config=api.V2beta1RuntimeConfig(parameters=dict(parameters)),
            service_account=account or None,
        )
        return str(self.ask("to start a run", self._runs.run_service_create_run, run).run_id)

    def upload(self, name: str) -> tuple[str, str]:
        """The ids of the pipeline and of its version as it is compiled now, uploaded where they are not there."""
        version = version_name(name, self.server.version)
        with tempfile.TemporaryDirectory() as folder:
            package = str(write_package(name, Path(folder) / "package.yaml", self.server.version))
            upload, upload_version = self._uploads.upload_pipeline, self._uploads.upload_pipeline_version
            pipeline = self.found_or_made(
                lambda: self._pipeline(name), "to upload a pipeline", upload, package, name=name, **self.scope
            )
            place = {"name": version, "pipelineid": pipeline.pipeline_id}
            known = self.found_or_made(
                lambda: self._version(pipeline.pipeline_id, version), "to upload it", upload_version, package, **place
            )
        return str(pipeline.pipeline_id), str(known.pipeline_version_id)

    def experiment(self, name: str) -> str:
        """The id of the experiment called `name`, made where there is none."""
        wanted = api.V2beta1Experiment(display_name=name, **self.scope)
        make = self._experiments.experiment_service_create_experiment
        found = self.found_or_made(lambda: self._experiment(name), "to make an experiment", make, wanted)
        return str(found.experiment_id)

    def schedule(
        self, name: str, cron: str, parameters: Mapping[str, Any], experiment: str, account: str = ""
    ) -> tuple[str, str]:
        """Let the pipeline run at the times of `cron` (six fields); returns the schedule's id and what was done.

        A pipeline has one schedule in an experiment: a second call updates it, or leaves it where nothing has changed.
        A missed time is not caught up, and no run begins beside another. The old schedule ends before the new one
        begins, so that no time is run twice.
        """
        wanted, place = Schedule(cron, dict(parameters), *self.upload(name)), self.experiment(experiment)
        known = list(self._schedules(name, place))
        if len(known) == 1 and _is_as(known[0], wanted, account):
            return str(known[0].recurring_run_id), "unchanged"
        make, enable = (
            self._recurring.recurring_run_service_create_recurring_run,
            self._recurring.recurring_run_service_enable_recurring_run,
        )
        made = self.ask("to schedule runs", make, _recurring(name, wanted, place, account))
        self._delete(known)
        self.ask("to schedule runs", enable, made.recurring_run_id)
        return str(made.recurring_run_id), "updated" if known else "scheduled"

    def unschedule(self, name: str, experiment: str) -> int:
        """End the pipeline's schedules in an experiment; returns how many there were."""
        found = self._experiment(experiment)
        known = list(self._schedules(name, found.experiment_id)) if found else []
        self._delete(known)
        return len(known)

    def runs(self, experiment: str, most: int) -> list[Any]:
        """The newest runs of an experiment, the newest first."""
        found = self._experiment(experiment)
        if found is None:
            return []
        wanted = {"experiment_id": found.experiment_id, "page_size": most, "sort_by": "created_at desc"}
        return list(self.ask("to list runs", self._runs.run_service_list_runs, **wanted).runs or [])

    def _pipeline(self, name: str) -> Any | None:
        ask = self._pipelines.pipeline_service_list_pipelines
        return next(self.named("to list pipelines", ask, name, **self.scope), None)

    def _version(self, pipeline_id: str, name: str) -> Any | None:
        ask = self._pipelines.pipeline_service_list_pipeline_versions
        return next(self.named("to list versions", ask, name, pipeline_id), None)

    def _experiment(self, name: str) -> Any | None:
        ask = self._experiments.experiment_service_list_experiments
        return next(self.named("to list experiments", ask, name, **self.scope), None)

    def _schedules(self, name: str, experiment_id: str) -> Iterator[Any]:
        ask = self._recurring.recurring_run_service_list_recurring_runs
        return self.named("to list schedules", ask, name, experiment_id=experiment_id)

    def _delete(self, schedules: list[Any]) -> None:
        for one in schedules:
            ask = self._recurring.recurring_run_service_delete_recurring_run
            self.ask("to end a schedule", ask, one.recurring_run_id)


def _recurring(name: str, wanted: Schedule, experiment_id: str, account: str) -> Any:
    return api.V2beta1RecurringRun(
        display_name=name,
        description="Made by `rarefault schedule`, which also updates it.",
        experiment_id=experiment_id,
        pipeline_version_reference=_reference(wanted.pipeline_id, wanted.version_id),
        runtime_config=api.V2beta1RuntimeConfig(parameters=dict(wanted.parameters)),
        trigger=api.V2beta1Trigger(cron_schedule=api.V2beta1CronSchedule(cron=wanted.cron)),
        mode=api.RecurringRunMode.DISABLE,
        no_catchup=True,
        max_concurrency=1,
        service_account=account or None,
    )


def _reference(pipeline_id: str, version_id: str) -> Any:
    return api.V2beta1PipelineVersionReference(pipeline_id=pipeline_id, pipeline_version_id=version_id)


def _is_as(one: Any, wanted: Schedule, account: str) -> bool:
    """Whether a recurring run is at work and does what is wanted."""
    reference, trigger, settings = one.pipeline_version_reference, one.trigger, one.runtime_config
    if not reference or not trigger or not trigger.cron_schedule:
        return False
    parameters = dict(settings.parameters or {}) if settings else {}
    found = Schedule(trigger.cron_schedule.cron, parameters, reference.pipeline_id, reference.pipeline_version_id)
    alone = bool(one.no_catchup) and int(one.max_concurrency or 0) == 1 and account in ("", one.service_account)
    return found == wanted and alone and one.status == "ENABLED"
