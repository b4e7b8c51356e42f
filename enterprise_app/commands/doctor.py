"""`atrium doctor`: looks at everything the platform needs and says the fix of what is wrong. Changes nothing."""

import typer
from rich.table import Table

from .terminal import out

MARKS = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "bad": "[red]bad[/]"}


def doctor() -> None:
    """Check Python, Node, settings, disk, ports, database, roles, row-level security, Redis and browser."""
    from .checks import run_checks

    findings = run_checks()
    table = Table("", "what", "found", "fix", box=None, pad_edge=False)
    for finding in findings:
        table.add_row(MARKS[finding.state], finding.what, _plain(finding.found), _plain(finding.fix))
    out.print(table)
    raise typer.Exit(1 if any(finding.state == "bad" for finding in findings) else 0)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
