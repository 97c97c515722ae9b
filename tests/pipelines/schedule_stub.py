"""A schedule whose runs are a few lines of Python instead of a pipeline: schedule_stub.py CRON OUT WHAT [NUMBER]."""

import sys
from pathlib import Path

from pipelines import local_schedule

WORK = {
    "quick": "done(1)",
    "fail": "sys.exit('rarefault: the step broke')",
    # the first attempt takes long, the next one finds that and ends at once
    "long": "first = not begun.exists(); begun.write_text(str(os.getpid())); time.sleep(60 if first else 0); done(2)",
    "slow": "time.sleep(2.5); done(3)",
}
RUN = """
import json, os, sys, time
from pathlib import Path
from rarefault import progress
progress.stop_with_owner()
folder = Path(sys.argv[1])
begun = folder / "begun"
def done(n):
    model = {"name": "m", "version": str(n), "alias": "champion", "why": "It is better."}
    (folder / "result.json").write_text(json.dumps({"decision": {"sentence": "Retraining: forced."}, "model": model}))
with (folder / "attempts").open("a") as file:
    file.write("x")
"""


def main(cron: str, out: str, what: str, number: str = "0") -> int:
    local_schedule.command = lambda pipeline, parameters, folder: [
        sys.executable,
        "-c",
        RUN + WORK[what],
        str(folder),
    ]
    return local_schedule.run("retrain", {"number": int(number), "run_id": "x"}, cron, Path(out))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
