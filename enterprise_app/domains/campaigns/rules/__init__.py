"""Decisions about campaigns and their assets. Pure."""
