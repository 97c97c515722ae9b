"""Say what became of a run: in the log, and where a person asked to be told."""

import json
import os
import sys
from http.client import HTTPException
from urllib.request import Request, urlopen

from rarefault.steps.record import recorded

WEBHOOK = "RAREFAULT_NOTIFY_URL"
"""The environment variable with the address that failures are posted to (on a cluster from a Secret)."""
_TIMEOUT = 10.0  # s
_FAILED = ("FAILED", "CANCELED", "CANCELLING")


@recorded
def report_failure(*, record: str, pipeline: str, run_id: str, state: str, message: str = "") -> dict[str, float]:
    """Print one line about a run that has ended; one that failed is also posted to RAREFAULT_NOTIFY_URL as JSON.

    The JSON holds text, pipeline, run_id and state; chat services that take a `text` show that. A message that cannot
    be delivered is told and changes nothing. Returns failed and told, 0 or 1. Kubeflow Pipelines before 2.17 may call
    a run that has loops RUNNING although it ended well; that is not taken for a failure.
    """
    failed = state.upper() in _FAILED
    reason = " ".join(message.split())
    text = f"{pipeline} run {run_id} " + ("failed" + (f": {reason}" if reason else "") if failed else "ended")
    print(f"rarefault: {text}", file=sys.stderr, flush=True)
    told = failed and _post({"text": text, "pipeline": pipeline, "run_id": run_id, "state": state})
    return {"failed": float(failed), "told": float(told)}


def _post(values: dict[str, str]) -> bool:
    address = os.environ.get(WEBHOOK, "")
    if not address.startswith(("http://", "https://")):
        return False
    request = Request(address, json.dumps(values).encode(), {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=_TIMEOUT):
            return True
    except (OSError, HTTPException) as problem:  # the address itself may be a secret, so it is not told
        print(f"rarefault: nobody could be told ({type(problem).__name__})", file=sys.stderr, flush=True)
        return False
