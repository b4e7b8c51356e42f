"""Campaigns: list, board and calendar; one campaign with its facts; the form."""
