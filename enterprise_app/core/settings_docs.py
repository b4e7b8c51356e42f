"""docs/settings.md, made from `Settings`, so that it can't go stale: `python -m enterprise_app.core.settings_docs`."""

from pydantic.fields import FieldInfo

from .settings import PROJECT_ROOT, Settings

DOCUMENT = PROJECT_ROOT / "docs" / "settings.md"
HEAD = """# Settings

Settings are read from the environment and from the file `.env` in the project's folder (`NAME=value`, one a line,
`#` starts a comment; see `.env.example`). The environment wins. Nothing has to be set: every setting has a default
that works. A name that doesn't exist or a value that can't be right stops the start and names the line;
`./atrium doctor` checks the rest (whether servers answer, folders are writable, ports are free).

This table is generated from the code: `python -m enterprise_app.core.settings_docs`.

| setting | default | what it does |
|---|---|---|
"""


def settings_page() -> str:
    """The whole page as Markdown."""
    return HEAD + "".join(_row(field) for field in Settings.model_fields.values())


def _row(field: FieldInfo) -> str:
    default = "" if field.default in (None, "") else f"`{_shown(field.default)}`"
    example = f" Example: `{field.examples[0]}`" if field.examples else ""
    return f"| `{field.validation_alias}` | {default} | {field.description}{example} |\n"


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    DOCUMENT.write_text(settings_page())
