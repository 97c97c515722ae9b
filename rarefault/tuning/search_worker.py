"""A search worker process: python -m rarefault.tuning.search_worker JOB (JSON)."""

import json
import os
import sys

from rarefault.progress import stop_with_owner
from rarefault.tuning.search import work


def main() -> None:
    """Work on the job until the study is full, or the process that started it is gone."""
    parent = os.getppid()

    def alive() -> None:
        if os.getppid() != parent:
            os._exit(75)

    stop_with_owner()
    work(json.loads(sys.argv[1]), alive)


if __name__ == "__main__":
    main()
