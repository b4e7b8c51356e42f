"""Where the database is and as whom: one administrator's URL, from which the three roles' URLs follow."""

import hashlib
import hmac
from dataclasses import dataclass, field, fields
from typing import Any, Self
from urllib.parse import quote, unquote, urlsplit, urlunsplit

OWNER_ROLE = "atrium_owner"
APP_ROLE = "atrium_app"
SYSTEM_ROLE = "atrium_system"
ROLES = (OWNER_ROLE, APP_ROLE, SYSTEM_ROLE)


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """`postgresql://…` URLs of one database. `direct_*` never lead through a pooler; secrets stay out of the repr."""

    admin: str = field(repr=False)
    owner: str = field(repr=False)
    app: str = field(repr=False)
    system: str = field(repr=False)
    direct_admin: str = field(repr=False)
    direct_owner: str = field(repr=False)
    direct_app: str = field(repr=False)
    direct_system: str = field(repr=False)

    @classmethod
    def derive(
        cls, admin_url: str, direct_url: str | None = None, secret_key: str = "", *, database: str | None = None
    ) -> Self:
        """The roles' URLs: the administrator's with the role's name and a password made from the secret key."""
        direct_url = direct_url or admin_url
        urls: dict[str, Any] = {}
        for prefix, base in (("", admin_url), ("direct_", direct_url)):
            base = _normal(base, database)
            urls[f"{prefix}admin"] = base
            for role in ROLES:
                urls[prefix + role.removeprefix("atrium_")] = _as_role(base, role, role_password(secret_key, role))
        return cls(**urls)

    @property
    def pooled(self) -> bool:
        """Whether a pooler stands in between: then no prepared statements, no session state."""
        return self.app != self.direct_app

    @property
    def database(self) -> str:
        """The database's name."""
        return unquote(urlsplit(self.direct_admin).path.lstrip("/"))

    def password_of(self, role: str) -> str:
        """The password that the URL of a role carries."""
        return unquote(urlsplit(getattr(self, "direct_" + role.removeprefix("atrium_"))).password or "")

    def for_database(self, name: str) -> Self:
        """The same server and roles, another database."""
        changed = {f.name: _normal(getattr(self, f.name), name) for f in fields(self)}
        return type(self)(**changed)


def role_password(secret_key: str, role: str) -> str:
    """HMAC-SHA-256 of the role's name: stable as long as the secret key, told by nothing else."""
    return hmac.new(secret_key.encode(), f"database role {role}".encode(), hashlib.sha256).hexdigest()


def _normal(url: str, database: str | None) -> str:
    parts = urlsplit(url)
    name = quote(database, safe="") if database else parts.path.lstrip("/") or "postgres"
    return urlunsplit(("postgresql", parts.netloc, "/" + name, parts.query, ""))


def _as_role(url: str, role: str, password: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, f"{role}:{password}@{host}", parts.path, parts.query, ""))
