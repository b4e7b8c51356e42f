"""`atrium openapi`: the API's description as a file, for client generators."""

import json
from pathlib import Path

import typer

from .terminal import fail, say


def openapi(
    out: Path | None = typer.Option(None, "--out", "-o", help="File to write; standard output when absent."),
) -> None:
    """Write the OpenAPI 3.1 description of the API as JSON."""
    from typing import Any, cast

    from enterprise_app.http.app import create_api
    from enterprise_app.registry import DOMAINS

    nobody = cast(Any, None)  # describing the API calls nobody
    text = json.dumps(create_api(DOMAINS, nobody).openapi(), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"{out} can't be written: {error.strerror}", "Choose another file with --out.")
    say(f"Wrote {out}")
