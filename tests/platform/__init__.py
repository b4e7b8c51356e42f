"""The platform around the product: settings, logs, embedded database, commands, and what survives a kill."""
