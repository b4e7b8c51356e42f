"""The subcommands of `atrium`, one file each; `terminal.py` and `database.py` are what they share."""
