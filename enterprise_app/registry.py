"""The domains of the platform, bottom tier first. A new domain is one import and one line here."""

from enterprise_app.core.manifest import Domain

DOMAINS: list[Domain] = []
