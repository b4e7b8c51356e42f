"""Pure decisions about people: which trait holds, what is shown, which ids mean nobody."""
