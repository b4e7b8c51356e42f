"""CSV for people with spreadsheets: what a stranger sent is text there, never a formula."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a cell begins that spreadsheets would run; the wide ones too, which some of them take for the same."""


def csv_line(values: Iterable[Any]) -> str:
    """One line, with its end."""
    out = io.StringIO()
    csv.writer(out).writerow([csv_cell(value) for value in values])
    return out.getvalue()


def csv_cell(value: Any) -> str:
    """A value as a cell: numbers as they are; an apostrophe in front of text that would be a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    disarmed = isinstance(value, str) and text.lstrip(" ").startswith(_FORMULA)
    return f"'{text}" if disarmed else text
