"""What every process of the platform does first: tell the parts of the core what the settings say."""

import gc

from enterprise_app.core import cache, crypto, db, limits, mail, storage
from enterprise_app.core.database import database_urls
from enterprise_app.core.settings import Settings


def configure(settings: Settings) -> None:
    """Database, cache, limits, files, mail and encryption; connects to nothing yet."""
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    db.configure(database_urls(settings))
    cache.configure(redis_url)
    limits.configure(redis_url)
    crypto.configure(settings.secret)
    storage.configure(storage.LocalStorage(settings.data_dir / "files"))
    mail.configure(settings.smtp_url.get_secret_value() if settings.smtp_url else None, settings.mail_from)


def settle() -> None:
    """Once everything is loaded: what lives as long as the process is not looked through at each garbage collection.

    A request makes hundreds of objects, and Python's default begins to search for cycles at every 700 of them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
