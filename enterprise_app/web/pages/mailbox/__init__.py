"""The local mailbox (development only): what would have been mailed."""
