"""Journeys through the running platform in a real browser; everything is started by the fixtures."""
