"""The kernel: what every domain stands on. Knows no domain, no Reflex, no FastAPI."""
