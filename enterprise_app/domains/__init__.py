"""The business, one package a domain, in tiers; a domain imports only downwards (see docs/architecture.md)."""
