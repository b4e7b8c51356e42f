"""Decisions about files: what they may be called, what they are. Pure."""
