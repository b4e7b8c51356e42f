"""Operations owns whether the platform is well: what it depends on, and what a failure of each means.

It does not own metrics and logs (`core`). *Degraded* means that everything a visitor does still works or is kept for
later; *down* means that requests can't be answered. The list is in docs/health.md.
"""
