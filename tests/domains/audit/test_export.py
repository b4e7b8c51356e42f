"""An export proves itself: the verifier runs on the file alone, by a Python that knows nothing of the platform."""

import subprocess
import sys
from pathlib import Path

import pytest

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Forbidden
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Role
from enterprise_app.domains.audit import service
from enterprise_app.domains.audit.rules import chain as chain_module
from enterprise_app.domains.audit.schemas import Target
from enterprise_app.domains.audit.vocabulary import ExportFormat
from tests.factories import make_context

NASTY = ["=1+1", "'quoted'", "\\N", 'a"b,c', "line\nbreak\r\n", "\u2028", "", "متجر", "😀"]
FORMS = list(ExportFormat)


async def filled() -> Context:
    ctx = make_context(name="=cmd|' /C calc'!A0")
    async with tenant_session(ctx) as session:
        for text in NASTY:
            target = Target(kind="campaign", id=text, name=text)
            await service.record(session, ctx, AuditVerb.CAMPAIGN_UPDATED, target, before={"t": text}, after={})
        await service.record(session, ctx, AuditVerb.SIGN_IN, Target(kind="account"), outcome="failure", reason="x")
    return ctx


async def exported(ctx: Context, form: ExportFormat, filters: tuple[str, ...] = ()) -> str:
    async with tenant_session(ctx) as session:
        query = service.LISTING.parse(filters=filters)
        return "".join([piece async for piece in service.export(session, ctx, wanted=query, form=form)])


def verified(text: str, form: ExportFormat, tmp_path) -> tuple[int, str]:
    """Run the one stdlib file, isolated, in a folder of its own."""
    file = tmp_path / f"audit.{form.value}"
    file.write_bytes(text.encode())
    script = tmp_path / "chain.py"
    script.write_bytes(Path(chain_module.__file__).read_bytes())
    done = subprocess.run([sys.executable, "-I", "-S", script, file], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("form", FORMS)
async def test_a_complete_export_verifies_offline_and_ends_with_itself(db, form, tmp_path):
    text = await exported(await filled(), form)
    code, output = verified(text, form, tmp_path)
    assert (code, output) == (0, "11 rows, 0 gap(s), head 11: unbroken\n")
    assert "audit.exported" in text


@pytest.mark.parametrize("form", FORMS)
async def test_a_filtered_export_shows_its_gaps(db, form, tmp_path):
    text = await exported(await filled(), form, ("verb:eq:sign_in",))
    assert verified(text, form, tmp_path) == (0, "1 rows, 1 gap(s), head 11: unbroken\n")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda lines: [line.replace("quoted", "edited") for line in lines], "was changed"),
        (lambda lines: lines[:2] + lines[3:], "the head counts 11 rows, the file has 10"),
        (lambda lines: lines[:-1], "its end was cut off"),
        (lambda lines: [*lines[:1], lines[2], lines[1], *lines[3:]], "out of order"),
    ],
)
async def test_a_damaged_file_is_found(db, form, damage, words, tmp_path):
    text = await exported(await filled(), form)
    lines = text.splitlines(keepends=True) if form is ExportFormat.JSONL else _records(text)
    code, output = verified("".join(damage(lines)), form, tmp_path)
    assert code == 1
    assert words in output


async def test_spreadsheets_run_nothing(db):
    import csv
    import io

    rows = list(csv.reader(io.StringIO(await exported(await filled(), ExportFormat.CSV))))
    cells = [cell for row in rows[1:-1] for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


async def test_members_may_not_export(db):
    ctx = make_context(role=Role.MANAGER)
    with pytest.raises(Forbidden):
        await exported(ctx, ExportFormat.CSV)


def _records(text: str) -> list[str]:
    """CSV records, some of which span lines."""
    import csv
    import io

    out = []
    for row in csv.reader(io.StringIO(text, newline="")):
        line = io.StringIO(newline="")
        csv.writer(line).writerow(row)
        out.append(line.getvalue())
    return out
