"""Pure decisions and mathematics of experiments: no clock, no I/O, no session."""
