"""The sqlite file of a registry on this machine, made whole or not at all."""

from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url


def make_sqlite(address: str, artifacts: str) -> None:
    """Give MLflow its tables in a new file behind a sqlite address, if there is none; another address is left alone.

    MLflow makes them in dozens of migrations that take seconds; killed between two of them, it can never go on, and
    the file is of no use any more. So they are made beside the file's place, which gets them when they are complete.
    artifacts: where the experiments that MLflow itself makes keep their files.
    """
    url = make_url(address)
    if not url.drivername.startswith("sqlite") or not url.database or url.database == ":memory:":
        return
    path = Path(url.database)
    if path.exists() and path.stat().st_size:
        return
    scratch = path.with_name(f"{path.name}.new")
    for left in path.parent.glob(f"{scratch.name}*"):
        left.unlink()
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    made: Any = SqlAlchemyStore
    made(f"sqlite:///{scratch}", artifacts).engine.dispose()
    scratch.replace(path)
