"""Atrium: a self-hosted, white-label growth platform. See docs/ for the map of the code."""
