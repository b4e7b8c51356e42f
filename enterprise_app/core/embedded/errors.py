"""The one failure this package raises; its text says what happened and what to do."""


class EmbeddedError(RuntimeError):
    """The embedded database can't do what was asked; the message is meant for the person at the terminal."""
