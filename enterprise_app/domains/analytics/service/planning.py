"""What an import of a table is told: completed by what the file shows, and checked before anything is read."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from enterprise_app.core.context import Context
from enterprise_app.core.errors import FieldProblem, Invalid
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.gateway import LineFile
from enterprise_app.domains.analytics.gateway.sampling import format_of
from enterprise_app.domains.analytics.gateway.tables import ParquetFile, TextTableFile, open_file
from enterprise_app.domains.analytics.rules.guessing import guess_mapping
from enterprise_app.domains.analytics.rules.lines import LineReader
from enterprise_app.domains.analytics.rules.mapping import RowReader, check_mapping, parse_mapping
from enterprise_app.domains.analytics.schemas import ImportPlan, Mapping
from enterprise_app.domains.analytics.vocabulary import TABLES, FileFormat

SAMPLED = 50
"""Rows that a guess looks at."""
_AN_INSTANT = datetime(2026, 12, 31, 23, 59, 58)


async def complete_plan(ctx: Context, path: Path, file_format: FileFormat, plan: ImportPlan | None) -> ImportPlan:
    """The plan with what it is silent about. Raises Invalid for a mapping that can't work, ImportFileMissing,
    ImportFileDamaged and TableUnreadable."""
    ctx.require(Permission.EVENTS_IMPORT)
    plan = (plan or ImportPlan()).model_copy(update={"format": file_format})
    if file_format not in TABLES:
        return plan
    return await asyncio.to_thread(_completed, path, plan, ctx.zone)


async def find_format(ctx: Context, path: Path) -> FileFormat:
    """What the file holds, by its beginning and its name. Raises ImportFileMissing, ImportFileDamaged."""
    ctx.require(Permission.EVENTS_IMPORT)
    return await asyncio.to_thread(format_of, path, path.name)


async def guess_plan(
    ctx: Context,
    path: Path,
    file_format: FileFormat,
    plan: ImportPlan,
    *,
    columns: Sequence[str] = (),
    values: Sequence[str] = (),
    **told: str | None,
) -> ImportPlan:
    """The plan with a guessed mapping, in which what is told wins: `columns` as `column=field`, `values` as
    `field=value` or `properties.name=value`, and `told` as Mapping has it. Raises ValueError for what is not
    understood, else as `complete_plan`."""
    ctx.require(Permission.EVENTS_IMPORT)
    if file_format not in TABLES:
        return plan
    targets, defaults, properties = parse_mapping(columns, values)
    guessed = await asyncio.to_thread(_guessed, path, plan.model_copy(update={"format": file_format}), ctx.zone)
    assert guessed.mapping
    taken = set(targets.values())
    kept = {column: field for column, field in guessed.mapping.columns.items() if field not in taken}
    given = {name: value for name, value in told.items() if value is not None}
    given |= {"columns": kept | targets, "defaults": defaults, "properties": properties}
    mapping = Mapping.model_validate(guessed.mapping.model_dump() | given)
    return await complete_plan(ctx, path, file_format, plan.model_copy(update={"mapping": mapping}))


def _completed(path: Path, plan: ImportPlan, zone: str) -> ImportPlan:
    whole, columns = _read(path, plan, zone)
    assert whole.mapping
    if problems := problems_of(columns, whole.mapping):
        raise Invalid(problems)
    return whole


def _guessed(path: Path, plan: ImportPlan, zone: str) -> ImportPlan:
    return _read(path, plan, zone)[0]


def _read(path: Path, plan: ImportPlan, zone: str) -> tuple[ImportPlan, list[str]]:
    """The plan with all that the file shows, and the file's columns."""
    assert plan.format
    file = open_file(path, plan.format, plan.table)
    assert isinstance(file, TextTableFile | ParquetFile)
    try:
        rows = [] if plan.mapping else [texts_of(cells) for cells in _first_rows(file)]
    finally:
        file.close()
    columns = list(file.columns)
    return plan.model_copy(update={"table": file.shape, "mapping": mapping_of(plan, columns, rows, zone)}), columns


def mapping_of(plan: ImportPlan, columns: list[str], rows: list[list[str]], zone: str) -> Mapping:
    """The plan's mapping, or a guess; with the workspace's zone where none is named."""
    mapping = plan.mapping or guess_mapping(columns, rows)
    return mapping if mapping.zone else mapping.model_copy(update={"zone": zone or "UTC"})


def problems_of(columns: list[str], mapping: Mapping) -> list[FieldProblem]:
    """All that is wrong with the mapping, its zone and its time format."""
    problems = check_mapping(columns, mapping)
    try:
        ZoneInfo(mapping.zone or "UTC")
    except (ValueError, OSError, KeyError):
        problems.append(FieldProblem("mapping.zone", "zone_unknown", {"value": mapping.zone}))
    if mapping.time_format:
        try:
            datetime.strptime(_AN_INSTANT.astimezone().strftime(mapping.time_format), mapping.time_format)
        except ValueError:
            problems.append(FieldProblem("mapping.time_format", "time_format_invalid", {"value": mapping.time_format}))
    return problems


def row_reader(reader: LineReader, file: LineFile, plan: ImportPlan) -> LineReader:
    """The reader for a table's rows in place of one for lines."""
    if not isinstance(file, TextTableFile | ParquetFile):
        return reader
    assert plan.mapping
    return RowReader(reader.format, reader.reading, columns=list(file.columns), mapping=plan.mapping)


def texts_of(cells: list[Any]) -> list[str]:
    """Cells as a guess and a preview look at them."""
    return ["" if cell is None else cell if isinstance(cell, str) else orjson.dumps(cell).decode() for cell in cells]


def _first_rows(file: LineFile) -> list[list[Any]]:
    piece = file.read_piece(SAMPLED, 1 << 18)
    lines = [line for index, line in enumerate(piece.lines) if line and index not in piece.broken] if piece else []
    return [orjson.loads(line) for line in islice(lines, SAMPLED)]
