"""A deployment that is killed at any moment, and begun again, comes to the same end."""

import os
import signal
import sys
import traceback

import pytest
from rollouts import deploy, release

from serving.cluster import RolloutError


def attempt(version, mode, folder):
    """Deploy in a process of its own; its exit code: 0, 1 for a failed rollout, -9 if it was killed."""
    child = os.fork()
    if child == 0:
        code = 3
        try:
            deploy(release(version, mode), folder, (10, 50), ready_seconds=10.0)
            code = 0
        except RolloutError:
            code = 1
        finally:
            if code == 3:
                traceback.print_exc(file=sys.__stderr__)
            os._exit(code)
    return child


def ended(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at(cluster, moment, version, mode, folder):
    """Run one attempt and kill it when it sends its `moment`-th request to the API; its exit code."""
    cluster.api.requests.clear()
    child = None

    def before(number, *_):
        if number == moment:
            os.kill(child, signal.SIGKILL)

    cluster.api.before = before
    child = attempt(version, mode, folder)
    code = ended(child)
    cluster.api.before = None
    return code


def plain(state):
    """A state without the sentence that tells how the last attempt went."""
    state["('ConfigMap', 'press-release')"]["data"].pop("said")
    return state


@pytest.mark.parametrize("ending", ["good", "wrong"])
@pytest.mark.parametrize("mode", ["Standard", "Knative"])
@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_in_any_phase_and_run_again_it_ends_the_same(cluster, versions, mode, ending, step):
    """Every so many requests to the API one is the last; together they fall into every phase."""
    deploy(release("3", mode), versions["3"])
    old = plain(cluster.state())
    if ending == "wrong":
        cluster.pods["s3://rarefault/press/4"].shift = 0.01
    cluster.api.requests.clear()
    assert ended(attempt("4", mode, versions["4"])) == (1 if ending == "wrong" else 0)
    wanted, length = plain(cluster.state()), len(cluster.api.requests)
    assert wanted["answers"] == {"3" if ending == "wrong" else "4": 100}
    killed = 0
    for moment in range(1, length + 1, step):
        deploy(release("3", mode), versions["3"], ())
        assert plain(cluster.state()) == old
        killed += killed_at(cluster, moment, "4", mode, versions["4"]) == -signal.SIGKILL
        assert sum(cluster.answering().values()) == 100  # somebody answers at every moment
        assert ended(attempt("4", mode, versions["4"])) == (1 if ending == "wrong" else 0)
        assert plain(cluster.state()) == wanted, f"killed at request {moment} of {length}"
    assert killed > 2


@pytest.mark.parametrize("moment", [8, 12, 14])
def test_the_very_first_deployment_can_be_killed_too(cluster, versions, moment):
    assert killed_at(cluster, moment, "3", "Standard", versions["3"]) == -signal.SIGKILL
    assert ended(attempt("3", "Standard", versions["3"])) == 0
    assert cluster.answering() == {"3": 100}


def test_the_very_first_deployment_killed_and_then_failing_leaves_no_service(cluster, versions):
    assert killed_at(cluster, 14, "3", "Standard", versions["3"]) == -signal.SIGKILL
    assert cluster.service is not None
    cluster.pods["s3://rarefault/press/3"].shift = 0.01
    assert ended(attempt("3", "Standard", versions["3"])) == 1
    assert cluster.service is None


def test_it_goes_on_where_it_was(cluster, versions):
    deploy(release("3", "Knative"), versions["3"])
    seen = []

    def before(number, method, path):
        if cluster.answering() == {"3": 50, "4": 50}:
            seen.append(number)
            os.kill(child, signal.SIGKILL)

    cluster.api.before = before
    child = attempt("4", "Knative", versions["4"])
    assert ended(child) == -signal.SIGKILL and seen
    cluster.api.before = None
    said = []
    deploy(release("4", "Knative"), versions["4"], (10, 50), said.append)
    assert "the deployment of version 4 did not end; going on from what it left" in said
    assert not any("gets 10 %" in line for line in said)
    assert cluster.answering() == {"4": 100}
