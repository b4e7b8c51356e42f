"""Audit owns who did what to which target, and the proof that nobody changed the record afterwards.

It does not own log files or the activity feed. Words: an *entry* is one row; the *chain* is a tenant's entries, each
hash covering the one before; the *head* is the signed end of the chain, kept apart so that a cut tail shows.
"""
