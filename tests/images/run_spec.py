"""Run a compiled pipeline: python run_spec.py SPEC (docker | subprocess) ROOT ARGUMENTS.

ARGUMENTS is JSON. What the steps write lies below ROOT. Exits with 1 where kfp says that the run failed.
"""

import json
import os
import sys
from pathlib import Path

from kfp import components, local

MEMORY = "2g"
RESTRICTED = {
    "read_only": True,
    "tmpfs": {"/tmp": ""},
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "mem_limit": MEMORY,
    "memswap_limit": MEMORY,
}
"""What a namespace with the Pod Security level `restricted` leaves to a step, and a root that cannot be written."""


def run(spec: str, runner: str, root: str, arguments: str) -> None:
    """Run the pipeline in `spec` to its end."""
    os.umask(0)  # the image's user writes into the folders that kfp makes here
    runners = {
        "docker": lambda: local.DockerRunner(network_mode="host", **RESTRICTED),
        "subprocess": lambda: local.SubprocessRunner(use_venv=False),
    }
    places = {"pipeline_root": f"{root}/steps", "workspace_root": f"{root}/workspace"}
    for place in places.values():
        Path(place).mkdir(parents=True)  # else Docker makes it, for root alone
    local.init(runners[runner](), **places)
    components.load_component_from_file(spec)(**json.loads(arguments))


if __name__ == "__main__":
    try:
        run(*sys.argv[1:])
    except RuntimeError as problem:
        sys.exit(f"the run failed: {problem}")
