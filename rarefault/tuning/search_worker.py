"""A search worker process: python -m rarefault.tuning.search_worker, with the job (JSON) on its standard input."""

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
    work(json.load(sys.stdin), alive)


if __name__ == "__main__":
    main()
