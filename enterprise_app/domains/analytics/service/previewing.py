"""Shows how a file would be imported: its first rows as events, and everything that is wrong with them."""

import io
import re
from base64 import b64decode
from typing import Any

import orjson

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import FieldProblem, Invalid
from enterprise_app.core.settings import get_settings
from enterprise_app.core.texts import has_text, translate
from enterprise_app.domains.analytics.errors import TableUnreadable
from enterprise_app.domains.analytics.rules.guessing import guess_format
from enterprise_app.domains.analytics.rules.jsontext import clean_text
from enterprise_app.domains.analytics.rules.keys import tenant_salt
from enterprise_app.domains.analytics.rules.lines import LineReader
from enterprise_app.domains.analytics.rules.mapping import RowReader
from enterprise_app.domains.analytics.rules.messages import Reading
from enterprise_app.domains.analytics.rules.pieces import Piece
from enterprise_app.domains.analytics.rules.record import EventRecord, Rejected
from enterprise_app.domains.analytics.rules.tables import TextTable
from enterprise_app.domains.analytics.schemas import (
    ImportPlan,
    ImportPreview,
    Mapping,
    PreviewColumn,
    PreviewEvent,
    PreviewProblem,
    PreviewRow,
    TableShape,
)
from enterprise_app.domains.analytics.service.planning import SAMPLED, mapping_of, problems_of, texts_of
from enterprise_app.domains.analytics.vocabulary import PROPERTIES, FileFormat

SHOWN_ROWS = 20
_SHOWN_SAMPLES, _SHOWN_OF_CELL, _SHOWN_OF_ROW = 3, 80, 300
_LINE_ENDS = re.compile(rb"\r?\n")


def preview(ctx: Context, sample: dict[str, Any], name: str, plan: ImportPlan, truncate_ip: bool) -> ImportPreview:
    """The sample read by the plan, completed by guesses. What can't be read at all is a problem of the preview."""
    chosen = plan.format or FileFormat(sample["format"])
    reading = Reading(
        ctx.tenant_id, tenant_salt(get_settings().secret, ctx.tenant_id), now(), truncate_ip=truncate_ip, imported=True
    )
    try:
        if (chosen is FileFormat.PARQUET) != ("head" not in sample):
            raise Invalid.of("format", "format_wrong", value=chosen.value, better=str(sample["format"]))
        if chosen in (FileFormat.ACCESS_LOG, FileFormat.JSONL):
            return _of_lines(ctx, sample, chosen, LineReader(chosen, reading, plan.site))
        shape, columns, piece = _table(sample, chosen, plan.table)
    except Invalid as error:
        return _nothing(ctx, chosen, plan, list(error.problems))
    except TableUnreadable as error:
        return _nothing(ctx, chosen, plan, [FieldProblem("file", error.code, error.params)])
    return _of_table(ctx, chosen, shape, columns, piece, plan, reading)


def _of_lines(ctx: Context, sample: dict[str, Any], chosen: FileFormat, reader: LineReader) -> ImportPreview:
    lines = _LINE_ENDS.split(_head(sample))[:SHOWN_ROWS]
    rows = [_row(ctx, reader, place, line) for place, line in enumerate(lines, 1) if line.strip()]
    problems = []
    if rows and not any(row.event for row in rows):
        better = guess_format(_head(sample), "")
        if better is not chosen:
            problems = [FieldProblem("format", "format_wrong", {"value": chosen.value, "better": better.value})]
    return ImportPreview(
        format=chosen, table=TableShape(), mapping=Mapping(), columns=[], rows=rows, problems=_told(ctx, problems)
    )


def _of_table(
    ctx: Context,
    chosen: FileFormat,
    shape: TableShape,
    columns: list[str],
    piece: Piece,
    plan: ImportPlan,
    reading: Reading,
) -> ImportPreview:
    good = [orjson.loads(line) for index, line in enumerate(piece.lines) if line and index not in piece.broken]
    texts = [texts_of(cells) for cells in good if len(cells) == len(columns)]
    mapping = mapping_of(plan, columns, texts, ctx.zone)
    problems = problems_of(columns, mapping)
    rows: list[PreviewRow] = []
    if not problems:
        reader = RowReader(chosen, reading, columns=columns, mapping=mapping)
        numbers = piece.numbers or range(piece.first, piece.first + len(piece.lines))
        rows = [
            _row(ctx, reader, number, line, piece.broken.get(index))
            for index, (number, line) in enumerate(zip(numbers, piece.lines, strict=True))
            if line
        ][:SHOWN_ROWS]
    shown = [_column(name, index, texts, mapping) for index, name in enumerate(columns)]
    return ImportPreview(
        format=chosen, table=shape, mapping=mapping, columns=shown, rows=rows, problems=_told(ctx, problems)
    )


def _table(sample: dict[str, Any], chosen: FileFormat, shape: TableShape) -> tuple[TableShape, list[str], Piece]:
    if chosen is FileFormat.PARQUET:
        return TableShape(), sample["columns"], Piece(1, [orjson.dumps(row) for row in sample["rows"]])
    table = TextTable(io.BytesIO(_head(sample)).read, shape, chosen)
    whole = Piece(1, [])
    numbers: list[int] = []
    while len(whole.lines) < SAMPLED:
        try:
            one = table.read_piece(1, 1)
        except TableUnreadable:
            if sample["cut"] and whole.lines:
                break  # within the row that the sample breaks off in
            raise
        if one is None:
            break
        if one.broken:
            whole.broken[len(whole.lines)] = one.broken[0]
        whole.lines += one.lines
        numbers.append(one.first)
    whole.numbers = numbers
    return table.shape, list(table.columns), whole


def _head(sample: dict[str, Any]) -> bytes:
    """The beginning, without the line that it breaks off in."""
    head = b64decode(sample["head"])
    return head[: head.rfind(b"\n") + 1] or head if sample["cut"] and not _is_utf16(head) else head


def _is_utf16(head: bytes) -> bool:
    return b"\x00" in head[:200]


def _column(name: str, index: int, rows: list[list[str]], mapping: Mapping) -> PreviewColumn:
    values = list(dict.fromkeys(row[index] for row in rows if row[index]))[:_SHOWN_SAMPLES]
    samples = [clean_text(value)[:_SHOWN_OF_CELL] for value in values]
    return PreviewColumn(name=name, target=mapping.columns.get(name, PROPERTIES), samples=samples)


def _row(ctx: Context, reader: LineReader, number: int, line: bytes, broken: Rejected | None = None) -> PreviewRow:
    text = clean_text(line.decode("utf-8", "replace"))[:_SHOWN_OF_ROW]
    try:
        if broken:
            raise broken
        return PreviewRow(line=number, text=text, event=_event(reader.read(line, 0)))
    except Rejected as problem:
        told = translate(ctx.locale, f"errors.{problem.code}", **problem.params)
        return PreviewRow(line=number, text=text, field=problem.field, problem=told)


def _event(record: EventRecord) -> PreviewEvent:
    return PreviewEvent(
        occurred_at=record.occurred_at,
        type=record.type,
        name=record.name,
        user_id=record.user_id,
        anonymous_id=record.anonymous_id,
        url=record.url,
        revenue=record.revenue,
        currency=record.currency,
        properties=orjson.loads(record.properties) if record.properties else None,
    )


def _nothing(ctx: Context, chosen: FileFormat, plan: ImportPlan, problems: list[FieldProblem]) -> ImportPreview:
    mapping = plan.mapping or Mapping()
    told = _told(ctx, problems)
    return ImportPreview(format=chosen, table=plan.table, mapping=mapping, columns=[], rows=[], problems=told)


def _told(ctx: Context, problems: list[FieldProblem]) -> list[PreviewProblem]:
    return [PreviewProblem(code=p.code, field=p.field, problem=_sentence(ctx.locale, p)) for p in problems]


def _sentence(locale: str, problem: FieldProblem) -> str:
    text = translate(locale, f"errors.{problem.code}", **problem.params)
    fix = f"errors.{problem.code}.fix"
    return f"{text.rstrip('.')}. {translate(locale, fix, **problem.params)}" if has_text(fix) else text
