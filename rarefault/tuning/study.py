"""Where a search is kept: its storage and the study in it."""

import re
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from rarefault.errors import InputError
from rarefault.tuning.history import resumable

STUDY = "search"
"""The study's name where its storage belongs to one run alone."""
_DRIVERS = {"postgresql": "postgresql+pg8000", "postgres": "postgresql+pg8000", "mysql": "mysql+pymysql"}
_PASSWORD = re.compile(r"://[^@\s]*@")


def open_storage(address: str) -> BaseStorage:
    """A study's storage: a database address (postgresql://, mysql://, sqlite://), else the path of a journal file.

    Raises InputError, one line without the password, for a database that does not answer or that is not known.
    """
    if "://" not in address:
        Path(address).parent.mkdir(parents=True, exist_ok=True)
        return JournalStorage(JournalFileBackend(address))
    scheme, _, rest = address.partition("://")
    shown = _PASSWORD.sub("://***@", address)
    try:
        return RDBStorage(f"{_DRIVERS.get(scheme, scheme)}://{rest}", engine_kwargs={"pool_pre_ping": True})
    except (ArgumentError, ImportError) as problem:
        raise InputError(
            f"{shown} is no address of a search database; accepted: postgresql://USER:PASSWORD@HOST/DATABASE, "
            "mysql://..., sqlite:///FILE, or the path of a file"
        ) from problem
    except (SQLAlchemyError, OSError) as problem:
        reason = _PASSWORD.sub("://***@", " ".join(str(getattr(problem, "orig", None) or problem).split()))[:200]
        raise InputError(f"the search database {shown} does not answer: {reason}") from problem


def prepare(name: str, identity: str, storage: str) -> optuna.Study:
    """Open or make the study; of one that was cut off, keep the finished beginning.

    identity: what a study must have been made with to be gone on with. No worker may be at work on the study.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    opened = open_storage(storage)
    earlier = []
    if name in optuna.get_all_study_names(opened):
        before = optuna.load_study(study_name=name, storage=opened)
        same = before.user_attrs.get("settings") == identity
        earlier = resumable(before.get_trials()) if same else []
        if same and len(earlier) == len(before.get_trials()):
            return before
        optuna.delete_study(study_name=name, storage=opened)
    study = optuna.create_study(study_name=name, storage=opened, direction="minimize")
    study.set_user_attr("settings", identity)
    study.add_trials(earlier)
    return study
