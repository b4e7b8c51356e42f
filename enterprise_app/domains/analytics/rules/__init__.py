"""Pure decisions of analytics: reading messages and log lines, telling bots, channels, buckets. No clock, no I/O."""
