"""What every process of the platform does first: tell the parts of the core what the settings say."""

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
