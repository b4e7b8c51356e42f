"""Files of tenants behind one port: a local folder now, an object store with S3_URL later.

Keys are made by `key(tenant_id, …)`; a key of one tenant never leads to another's file.
"""

from enterprise_app.core.storage.local import LocalStorage
from enterprise_app.core.storage.port import Storage, StoredObject, key

__all__ = ["LocalStorage", "Storage", "StoredObject", "configure", "key", "storage"]

_storage: Storage | None = None


def configure(chosen: Storage) -> None:
    """Say where files are kept; once at the start of a process."""
    global _storage
    _storage = chosen


def storage() -> Storage:
    """The configured store."""
    if _storage is None:
        raise RuntimeError("core.storage.configure(...) has not been called")
    return _storage
