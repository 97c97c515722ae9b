"""Who is compared: how each is started. All answer V1; ours alone answers V2 in every form that is measured."""

import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.serving.models import NAME

Command = Callable[[Path, int], list[str]]
"""(folder with the exported models and linear.json, port) -> command."""

PROGRAMS = "benchmarks.serving.programs"


def ours(kind: str) -> Command:
    def command(folder: Path, port: int) -> list[str]:
        flags = ["--model_dir", str(folder / kind), "--model_name", NAME, "--http_port", str(port)]
        return [sys.executable, "-m", "serving.server", *flags, "--host", "127.0.0.1", "--log_level", "warning"]

    return command


def rival(program: str) -> Command:
    def command(folder: Path, port: int) -> list[str]:
        return [sys.executable, "-m", f"{PROGRAMS}.{program}", str(folder / "linear.json"), str(port)]

    return command


OURS, BARE, KSERVE, FASTAPI = "ours", "bare uvicorn + numpy", "kserve ModelServer + scikit-learn", "FastAPI + pydantic"
CONTESTANTS: dict[str, Command] = {
    OURS: ours("linear"),
    BARE: rival("bare_uvicorn"),
    KSERVE: rival("kserve_sklearn"),
    FASTAPI: rival("fastapi_pydantic"),
}
