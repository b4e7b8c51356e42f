"""`atrium bench`: measured against bar, on this machine, in this minute."""

import json
import os
import platform
from dataclasses import asdict
from pathlib import Path

import psutil
import typer
from rich.table import Table

from .terminal import fail, out, say


def bench(
    names: list[str] | None = typer.Argument(
        None, metavar="[NAME]...", help="Only these; when absent all but those that take very long."
    ),
    json_file: Path | None = typer.Option(None, "--json", metavar="FILE", help="Also write the results as JSON."),
    list_only: bool = typer.Option(False, "--list", help="Only list the names."),
) -> None:
    """Run benchmarks and compare with their bars; exit code 1 when a bar is missed, 2 for an unknown name."""
    from enterprise_app.bench import ON_REQUEST, Row, discover

    known = discover()
    if list_only:
        for name, benchmark in known.items():
            say(f"{name:<16} {(benchmark.__doc__ or '').splitlines()[0]}")
        return
    unknown = [name for name in names or [] if name not in known]
    if unknown:
        fail(f"There is no benchmark {unknown[0]!r}.", f"There are: {', '.join(known)}", code=2)
    rows: list[Row] = []
    for name in names or [name for name in known if name not in ON_REQUEST]:
        say(f"Running {name}")
        rows += known[name]()
    _show(rows)
    if json_file is not None:
        json_file.write_text(json.dumps({"machine": machine(), "rows": [asdict(row) for row in rows]}, indent=2) + "\n")
    raise typer.Exit(0 if all(row.ok for row in rows) else 1)


def machine() -> str:
    """What the numbers were measured on."""
    memory = f"{psutil.virtual_memory().total / 1024**3:.0f} GiB"
    software = f"{platform.system()}, Python {platform.python_version()}"
    return f"{_processor()}, {os.cpu_count()} cores, {memory}, {software}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _show(rows: list) -> None:
    table = Table("what", "measured", "bar", "ratio", "", title=machine(), title_justify="left")
    for column in table.columns[1:4]:
        column.justify = "right"
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        table.add_row(row.what, row.measured, row.bar, ratio, "[green]ok[/]" if row.ok else "[red]missed[/]")
    out.print(table)
