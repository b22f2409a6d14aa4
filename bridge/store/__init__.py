"""Durable state on SQLite or PostgreSQL: ``open_store(url)`` gives a :class:`bridge.ports.store.Store`."""

from bridge.store.counts import Counts, Parked
from bridge.store.store import SqlStore, open_store

__all__ = ["Counts", "Parked", "SqlStore", "open_store"]
