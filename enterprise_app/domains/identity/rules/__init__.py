"""Pure decisions of identity: no clock, no I/O."""
