"""The settings file `.env`: its lines with their numbers, and errors that point at them."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One line `NAME=value` of the file."""

    name: str
    value: str
    file: Path
    line: int


@dataclass(frozen=True)
class Problem:
    """What is wrong with one setting; `entry` is None when it came from the environment."""

    name: str
    text: str
    entry: Entry | None

    def __str__(self) -> str:
        place = f"{self.entry.file.name} line {self.entry.line}" if self.entry else "environment"
        return (
            f"{place}: {self.name} {self.text}" if self.text.startswith("is ") else f"{place}: {self.name}: {self.text}"
        )


class SettingsError(ValueError):
    """Everything that is wrong with the settings, one problem a line; values are never repeated."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


def read_entries(file: Path) -> dict[str, Entry]:
    """The file's entries by name; an empty dict when there is no file. Quotes and `export` are understood."""
    if not file.exists():
        return {}
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    for number, raw in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), start=1):
        line = raw.strip().removeprefix("export ").strip()
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        entry = Entry(name.strip(), _unquoted(value.strip()), file, number)
        if not equals or not entry.name.isidentifier():
            problems.append(Problem("this line", "is not of the form NAME=value", entry))
        elif entry.name in entries:
            problems.append(Problem(entry.name, f"is already set on line {entries[entry.name].line}", entry))
        else:
            entries[entry.name] = entry
    if problems:
        raise SettingsError(problems)
    return entries


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The valid name that was probably meant."""
    found = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.6)
    return found[0] if found else None


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value.split(" #", 1)[0].rstrip()
