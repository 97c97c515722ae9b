"""From a setting to a store."""

from pathlib import Path

from serving.vibration.addresses import check_address
from serving.vibration.stores.memory import MemoryStore
from serving.vibration.stores.store import Store


def open_store(address: str, most: int) -> Store:
    """The store at an address, for at most so many machines a model; raises ValueError for an address of no store.

    It is connected when it is first used, so that a server can start before its database.
    """
    check_address(address)
    if address == "memory":
        return MemoryStore(most)
    if address.startswith("sqlite:"):
        from serving.vibration.stores.sqlite import SqliteStore

        return SqliteStore(Path(address.removeprefix("sqlite://")), most)
    from serving.vibration.stores.postgresql import PostgresqlStore

    return PostgresqlStore(address, most)
