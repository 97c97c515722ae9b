"""Which registered version a person means."""

from rarefault.errors import InputError
from rarefault.registry.store import CHAMPION, Registry, Version

KINDS = ("classifier", "inspector", "vibration")
"""The tag `kind` of versions that can be served."""


def find(store: Registry, text: str) -> tuple[Version, str]:
    """The version that NAME, NAME@ALIAS or NAME@NUMBER names, and the alias it was found by (empty for a number).

    NAME alone means its champion, an empty text the champion of the last run's model. Raises InputError naming what
    there is.
    """
    name, _, which = text.partition("@")
    name, which = name or last_model(store), which or CHAMPION
    if which == CHAMPION and store.alias(name, CHAMPION) is None and store.versions(name):
        raise _no_champion(store, name)
    version = store.version(name, which)
    if version.tags.get("kind") not in KINDS:
        raise InputError(
            f"{name!r} is no classifier, inspector or degradation model; registered are: "
            f"{', '.join(_servable(store)) or 'none'}"
        )
    return version, "" if which.isdigit() else which


def last_model(store: Registry) -> str:
    """The model that was registered last, of those that can be served; raises InputError where there is none."""
    found = _servable(store)
    if not found:
        raise InputError(
            f"no classifier is registered at {store.shown_address}; `rarefault run fault-detection` does it"
        )
    return max(found, key=lambda name: found[name])


def _servable(store: Registry) -> dict[str, int]:
    """When the newest version of each model that can be served was registered, by name."""
    newest = {name: versions[0] for name in store.names() if (versions := store.versions(name))}
    return {name: version.created for name, version in newest.items() if version.tags.get("kind") in KINDS}


def _no_champion(store: Registry, name: str) -> InputError:
    newest = store.versions(name)[0]
    why = newest.tags.get("decision", "")
    return InputError(
        f"model {name!r} has no champion; its newest version is {newest.version}{f' ({why})' if why else ''}; "
        f"accepted: `rarefault serve {name}@{newest.version}`, or `rarefault models promote {name}` first"
    )
