"""The hash chain: canonical form, hash, and a verifier for exported files.

Only the standard library, so that an auditor can run a copy of this one file on an export, away from the platform:
`python chain.py audit.jsonl`. hash = SHA-256(prev_hash || canonical row), both as UTF-8 text; the first prev_hash is
64 zeros; the canonical row is its fields but the two hashes, as JSON with sorted keys, no spaces, ASCII only.
"""

import csv
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64
FIELDS = (
    "tenant_id", "seq", "id", "occurred_at", "actor_kind", "actor_id", "actor_name", "on_behalf_of", "verb",
    "target_kind", "target_id", "target_name", "outcome", "reason", "before", "after", "ip", "agent", "request_id",
)  # fmt: skip
COLUMNS = (*FIELDS, "prev_hash", "hash")
_JSON_FIELDS = ("before", "after")
_NULL = "\\N"
_DISARMED = ("=", "+", "-", "@", "\t", "\r", "'", "\\")
HEAD_MARK = "#head"


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row's fields as JSON values: ids and times as text, times in UTC with microseconds."""
    return {name: _plain(row[name]) for name in FIELDS}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if isinstance(value, (str, int, float, bool, dict, list)) or value is None else str(value)


def canonical(row: Mapping[str, Any]) -> str:
    """The one spelling of a row that is hashed."""
    return json.dumps(plain(row), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def link(prev_hash: str, row: Mapping[str, Any]) -> str:
    """The hash of a row behind `prev_hash`, 64 hex digits."""
    return hashlib.sha256((prev_hash + canonical(row)).encode()).hexdigest()


def csv_cell(name: str, value: Any) -> str:
    """One CSV cell: a mark keeps None apart from empty text, an apostrophe disarms what spreadsheets would run."""
    if value is None:
        return _NULL
    cell = json.dumps(value, sort_keys=True) if name in _JSON_FIELDS else str(value)
    return f"'{cell}" if cell.startswith(_DISARMED) else cell


def _from_csv(cells: Mapping[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {name: None if cell == _NULL else cell.removeprefix("'") for name, cell in cells.items()}
    row["seq"] = int(row["seq"])
    for name in _JSON_FIELDS:
        row[name] = None if row[name] is None else json.loads(row[name])
    return row


@dataclass(frozen=True)
class FileReport:
    """What the offline check found; `problem` is None for an unbroken file. `gaps`: runs a filter left out."""

    rows: int
    gaps: int
    head_seq: int | None
    problem: str | None


def verify_jsonl(lines: Iterable[str]) -> FileReport:
    """Check an exported JSONL file, line by line."""
    return _verify(json.loads(line) for line in lines if line.strip())


def verify_csv(lines: Iterable[str]) -> FileReport:
    """Check an exported CSV file; its last line is the head."""
    reader = csv.reader(lines)
    header = next(reader, [])
    return _verify(_csv_item(header, cells) for cells in reader)


def _csv_item(header: list[str], cells: list[str]) -> dict[str, Any]:
    if cells and cells[0] == HEAD_MARK:
        return {"head": json.loads(cells[1])}
    return _from_csv(dict(zip(header, cells, strict=True)))


def _verify(items: Iterator[dict[str, Any]]) -> FileReport:
    last_seq, last_hash, rows, gaps = 0, GENESIS, 0, 0
    for item in items:
        if "head" in item:
            return _end(item["head"], last_seq, last_hash, rows, gaps)
        seq = item["seq"]
        if link(item["prev_hash"], item) != item["hash"]:
            return FileReport(rows, gaps, None, f"row {seq} was changed")
        if seq <= last_seq:
            return FileReport(rows, gaps, None, f"row {seq} is out of order after row {last_seq}")
        if seq == last_seq + 1 and item["prev_hash"] != last_hash:
            return FileReport(rows, gaps, None, f"row {seq} does not follow row {last_seq}")
        gaps += seq != last_seq + 1
        last_seq, last_hash, rows = seq, item["hash"], rows + 1
    return FileReport(rows, gaps, None, "the file has no head: its end was cut off")


def _end(head: Mapping[str, Any], last_seq: int, last_hash: str, rows: int, gaps: int) -> FileReport:
    problem = None
    if rows != head["rows"]:
        problem = f"the head counts {head['rows']} rows, the file has {rows}"
    elif head["complete"] and gaps:
        problem = f"{gaps} run(s) of rows are missing from a complete export"
    elif head["complete"] and (head["seq"], head["hash"]) != (last_seq, last_hash):
        problem = f"the chain ends at row {last_seq}, its head is row {head['seq']}"
    return FileReport(rows, gaps, head["seq"], problem)


def main(arguments: list[str]) -> int:
    """Check the named file; 0 when unbroken, 1 when broken, 2 for wrong use."""
    if len(arguments) != 1:
        print("usage: chain.py FILE.jsonl|FILE.csv", file=sys.stderr)
        return 2
    with open(arguments[0], encoding="utf-8", newline="") as lines:
        report = (verify_csv if arguments[0].endswith(".csv") else verify_jsonl)(lines)
    print(f"{report.rows} rows, {report.gaps} gap(s), head {report.head_seq}: {report.problem or 'unbroken'}")
    return 1 if report.problem else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
