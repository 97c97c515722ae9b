"""Where the states of machines are kept: in memory, in an SQLite file, or in PostgreSQL."""

from serving.vibration.stores.opening import open_store
from serving.vibration.stores.store import Change, Kept, Store, StoreError

__all__ = ["Change", "Kept", "Store", "StoreError", "open_store"]
