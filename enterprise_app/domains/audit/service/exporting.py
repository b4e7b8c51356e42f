"""Exports that keep the chain: a file that can be verified without the platform (see rules/chain.py)."""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission

from .. import queries
from ..rules.chain import COLUMNS, HEAD_MARK, FileReport, csv_cell, plain, verify_csv, verify_jsonl
from ..schemas import Target
from ..vocabulary import ExportFormat
from .recording import record


async def export(
    session: AsyncSession, ctx: Context, *, wanted: ListQuery | None = None, form: ExportFormat = ExportFormat.JSONL
) -> AsyncIterator[str]:
    """The matching entries oldest first as text, piece by piece, then the signed head. Needs audit:export.

    The export is itself an entry, the last of a complete one. A filtered export shows its gaps; each row still proves
    itself, and neighbours prove their order.
    """
    ctx.require(Permission.AUDIT_EXPORT)
    filters = wanted.filters if wanted else ()
    details = {"format": form.value, "filter": [f"{f.field}:{f.operator}:{f.value}" for f in filters]}
    await record(session, ctx, AuditVerb.AUDIT_EXPORTED, Target(kind="audit_log", name="audit log"), after=details)
    head = await queries.find_head(session, ctx.tenant_id)
    assert head is not None, "the export's own entry made one"
    if form is ExportFormat.CSV:
        yield _csv_line(COLUMNS)
    rows = 0
    async for row in queries.oldest_first(session, ctx.tenant_id, wanted):
        rows += 1
        yield _line(row, form)
    end = {"seq": head.seq, "hash": head.hash, "signature": head.signature, "rows": rows}
    end |= {"tenant_id": str(ctx.tenant_id), "complete": not filters}
    yield json.dumps({"head": end}) + "\n" if form is ExportFormat.JSONL else _csv_line([HEAD_MARK, json.dumps(end)])


def verify_file(lines: Iterable[str], form: ExportFormat) -> FileReport:
    """Check an exported file; needs neither database nor key."""
    return verify_csv(lines) if form is ExportFormat.CSV else verify_jsonl(lines)


def _line(row: dict[str, Any], form: ExportFormat) -> str:
    values = plain(row) | {"prev_hash": row["prev_hash"], "hash": row["hash"]}
    if form is ExportFormat.JSONL:
        return json.dumps(values) + "\n"
    return _csv_line([csv_cell(name, values[name]) for name in COLUMNS])


def _csv_line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
