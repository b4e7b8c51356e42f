"""The bounds of files."""

MAX_FILE_BYTES = 100_000_000
"""The most that one file may have."""
