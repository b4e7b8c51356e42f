"""How commands talk to the person at the terminal: plain lines, errors with the fix, exit codes."""

from typing import NoReturn

import typer
from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """One line of progress."""
    out.print(text, markup=False)


def fail(problem: str, fix: str = "", *, code: int = 1) -> NoReturn:
    """Say what is wrong and what to do, and end the command with `code`."""
    err.print("[bold red]error:[/] ", end="")
    err.print(problem, markup=False)
    if fix:
        err.print(f"       {fix}", markup=False)
    raise typer.Exit(code)
