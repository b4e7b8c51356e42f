"""CSV, TSV and Parquet: what is read, what is refused and how it is told, and that a second run adds nothing."""

import gzip
import json
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Invalid
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.errors import ImportBomb, ImportFileDamaged, TableUnreadable
from enterprise_app.domains.analytics.gateway import tables
from enterprise_app.domains.analytics.gateway.tables import open_file
from enterprise_app.domains.analytics.rules.cells import TimeReader, guess_time_format, read_amount
from enterprise_app.domains.analytics.rules.guessing import guess_format, guess_mapping
from enterprise_app.domains.analytics.rules.mapping import parse_mapping
from enterprise_app.domains.analytics.rules.record import Rejected
from enterprise_app.domains.analytics.schemas import ImportPlan, Mapping, TableShape
from enterprise_app.domains.analytics.vocabulary import EventField, FileFormat, ImportState

CSV, TSV, PARQUET = FileFormat.CSV, FileFormat.TSV, FileFormat.PARQUET
ORDERS = (
    "Time,Customer Id,Event,Amount,Currency,Coupon\n"
    '2026-03-01 09:30:00,c-1,Order Completed,19.90,EUR,"SPRING, 10"\n'
    "2026-03-01T10:00:00+02:00,c-2,Order Completed,5,eur,\n"
)


@pytest.fixture(autouse=True)
def store_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    from enterprise_app.core import storage

    storage.configure(storage.LocalStorage(tmp_path_factory.mktemp("files")))


def write(folder: Path, content: str | bytes, name: str = "orders.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


async def events(ctx, columns: str = "user_id, occurred_at, revenue, currency, properties, name, type"):
    async with tenant_session(ctx) as session:
        query = f"SELECT {columns} FROM analytics_events ORDER BY occurred_at, user_id"
        return [tuple(row) for row in await session.execute(sa.text(query))]


async def test_a_csv_becomes_events_and_a_second_run_adds_nothing(tenant, tmp_path, count):
    path = write(tmp_path, ORDERS)
    done = await service.import_file(tenant, path, CSV)
    assert (done.accepted, done.rejected, done.state) == (2, 0, ImportState.FINISHED)
    assert done.plan
    assert done.plan.mapping
    assert done.plan.mapping.columns["Customer Id"] == "userId"
    second, first = await events(tenant)
    assert first == (
        "c-1", datetime(2026, 3, 1, 9, 30, tzinfo=UTC), Decimal("19.9000"), "EUR",
        {"Coupon": "SPRING, 10", "revenue": "19.90", "currency": "EUR"}, "Order Completed", "track",
    )  # fmt: skip
    assert second[1] == datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
    again = await service.import_file(tenant, path, CSV)
    assert (again.accepted, again.duplicates) == (0, 2)
    assert await count(tenant, "analytics_events") == 2


@pytest.mark.parametrize(
    "content",
    [
        ORDERS.encode("utf-8-sig"),
        ORDERS.encode("utf-16"),
        ORDERS.encode("utf-16-le"),
        ORDERS.encode("utf-16-be"),
        ORDERS.replace("\n", "\r\n").encode(),
        ORDERS.replace("\n", "\r").encode(),
        ORDERS.replace(",", ";").replace("SPRING; 10", "SPRING, 10").encode(),
        ORDERS.replace(",", "\t").replace("SPRING\t 10", "SPRING, 10").encode(),
        ORDERS.replace(",", "|").replace("SPRING| 10", "SPRING, 10").encode(),
        ORDERS.replace('"', "'").encode(),
        gzip.compress(ORDERS.encode()),
        (ORDERS + ",,,,,\n\n").encode(),
    ],
)
async def test_the_same_rows_written_otherwise_are_the_same_events(tenant, tmp_path, count, content):
    assert (await service.import_file(tenant, write(tmp_path, ORDERS), CSV)).accepted == 2
    other = await service.import_file(tenant, write(tmp_path, content, "other"), CSV)
    assert (other.accepted, other.duplicates, other.rejected) == (0, 2, 0)


async def test_letters_of_older_encodings(tenant, tmp_path):
    text = "time,user,event\n2026-01-01,Jörg Müller,Straße\n"
    await service.import_file(tenant, write(tmp_path, text.encode("cp1252")), CSV)
    plan = ImportPlan(table=TableShape(encoding="mac_roman"))
    await service.import_file(tenant, write(tmp_path, text.encode("mac_roman")), CSV, plan=plan)
    assert [(row[0], row[5]) for row in await events(tenant)] == [("Jörg Müller", "Straße")]


async def test_bad_rows_are_rejected_by_line_and_column(tenant, tmp_path):
    content = (
        b"when,user,event,amount\n"
        b"2026-01-01,a,E,1\n"  # 2
        b"2026-01-01,b,E\n"  # 3: ragged
        b"2026-01-01,b,E,1,more\n"  # 4: ragged
        b'2026-01-01,b,"two\nlines",1\n'  # 5-6
        b"tomorrow,b,E,1\n"  # 7
        b"2026-01-01,,E,1\n"  # 8
        b"2026-01-01,b,E,lots\n"  # 9
        b'2026-01-01,b,"E"x,1\n'  # 10
        b"2026-01-01,b," + b"x" * 200_000 + b",1\n"  # 11
        b"1970-01-01,b,E,1\n"  # 12
        b"2026-01-01,c,E,1,\n"  # 13: only a delimiter at its end
    )
    mapping = Mapping(columns={"when": "timestamp", "user": "userId", "event": "event", "amount": "revenue"})
    path = write(tmp_path, content)
    done = await service.import_file(
        tenant, path, CSV, plan=ImportPlan(mapping=mapping), rejects_path=tmp_path / "bad.jsonl"
    )
    assert (done.accepted, done.rejected) == (3, 8)
    assert [(r.line, r.code, r.field) for r in done.rejects] == [
        (3, "row_ragged", ""),
        (4, "row_ragged", ""),
        (7, "row_time_invalid", "when"),
        (8, "event_identity_missing", "user"),
        (9, "row_amount_invalid", "amount"),
        (10, "row_quote_misplaced", ""),
        (11, "line_too_long", ""),
        (12, "event_time_out_of_range", "when"),
    ]
    assert not any(r.problem.startswith("errors.") for r in done.rejects)
    async with tenant_session(tenant) as session:
        found, content_ = await service.open_rejects(session, tenant, done.id)
        async with content_ as pieces:
            stored = b"".join([piece async for piece in pieces])
    assert len(stored) == found.rejects_bytes == (tmp_path / "bad.jsonl").stat().st_size
    assert [json.loads(line)["line"] for line in stored.splitlines()] == [3, 4, 7, 8, 9, 10, 11, 12]


async def test_bytes_that_are_no_utf8_cost_their_row(tenant, tmp_path):
    rows = "".join(f"2026-01-01T00:00:{n % 60:02},u{n},E\n" for n in range(6_000))
    content = b"time,user,event\n" + rows.encode() + b"2026-01-01,\xff\xfe,E\n2026-01-01,last,E\n"
    done = await service.import_file(tenant, write(tmp_path, content), CSV)
    assert (done.accepted, done.rejected) == (6_001, 1)
    assert (done.rejects[0].line, done.rejects[0].code) == (6_002, "json_not_utf8")


@pytest.mark.parametrize(
    ("content", "code", "params"),
    [
        (b"", "table_empty", {"line": 1}),
        (b"\n\n", "table_empty", {"line": 1}),
        (b"time,user,time\n1,2,3\n", "table_column_twice", {"line": 1, "column": "time", "first": 1, "second": 3}),
        (b'time,user\n1,2\n3,"x\n' + b"4,5\n" * 50_000, "table_quote_open", {"line": 3, "quote": '"'}),
        (b'time,user\n1,2\n3,"x\n', "table_quote_open", {"line": 3, "quote": '"'}),
        (b",".join(b"c%d" % n for n in range(3_000)), "table_too_wide", {"line": 1, "columns": 3_000, "limit": 2_000}),
    ],
)
async def test_tables_that_cannot_be_read_say_where(tenant, tmp_path, count, content, code, params):
    mapping = Mapping(columns={"time": "timestamp", "user": "userId"}, defaults={EventField.EVENT: "E"})
    with pytest.raises(TableUnreadable) as refused:
        await service.import_file(tenant, write(tmp_path, content), CSV, plan=ImportPlan(mapping=mapping))
    assert (refused.value.code, refused.value.params) == (code, params)
    assert await count(tenant, "analytics_events") == 0


async def test_half_a_character_of_utf16_is_told_by_line(tenant, tmp_path):
    rows = "".join(f"2026-01-01,u{n},E\n" for n in range(5_000))
    content = ("time,user,event\n" + rows).encode("utf-16") + b"\x00\xd8\x00"
    with pytest.raises(TableUnreadable) as refused:
        await service.import_file(tenant, write(tmp_path, content), CSV)
    assert refused.value.code == "table_encoding"


def test_a_quote_never_closed_takes_no_memory(tmp_path):
    path = write(tmp_path, b'time,user\n1,"2\n' + b"some,row\n" * 3_000_000)
    tracemalloc.start()
    file = open_file(path, CSV)
    with pytest.raises(TableUnreadable):
        file.read_piece(1_000, 1_000_000)
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()
    file.close()


def test_a_line_that_never_ends_takes_no_memory(tmp_path):
    path = write(tmp_path, b"time,user\n" + b"x" * 30_000_000 + b"\n1,2\n")
    tracemalloc.start()
    file = open_file(path, CSV)
    piece = file.read_piece(1_000, 1_000_000)
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()
    assert piece
    assert [problem.code for problem in piece.broken.values()] == ["line_too_long"]
    assert piece.lines[1] == b'["1","2"]'
    file.close()


@pytest.mark.parametrize(
    ("plan", "fields"),
    [
        (ImportPlan(table=TableShape(delimiter=";")), [("table.delimiter", "delimiter_wrong")]),
        (ImportPlan(table=TableShape(encoding="klingon")), [("table.encoding", "encoding_unknown")]),
        (ImportPlan(mapping=Mapping(columns={"Nope": "userId", "Time": "colour"})),
         [("mapping.columns.Nope", "mapping_column_unknown"), ("mapping.columns.Time", "mapping_field_unknown")]),
        (ImportPlan(mapping=Mapping()),
         [("timestamp", "mapping_time_missing"), ("userId", "mapping_identity_missing"),
          ("event", "mapping_event_missing")]),
        (ImportPlan(mapping=Mapping(columns={"Time": "timestamp", "Currency": "userId", "Coupon": "userId"})),
         [("mapping.columns", "mapping_field_twice")]),
        (ImportPlan(mapping=Mapping(columns={"Time": "timestamp", "Customer Id": "userId", "Event": "event"},
                                    zone="Mars/Olympus", time_format="%Q")),
         [("mapping.zone", "zone_unknown"), ("mapping.time_format", "time_format_invalid")]),
    ],
)  # fmt: skip
async def test_plans_that_cannot_work_are_refused_before_a_row_is_read(tenant, tmp_path, count, plan, fields):
    with pytest.raises(Invalid) as refused:
        await service.import_file(tenant, write(tmp_path, ORDERS), CSV, plan=plan)
    assert [(p.field, p.code) for p in refused.value.problems] == fields
    assert await count(tenant, "analytics_imports") == 0


async def test_a_mapping_leads_columns_wherever_it_says(tenant, tmp_path):
    text = "01.03.2026 12:00;7;1.234,50 €;x;secret\n"
    mapping = Mapping(
        columns={"column_1": "timestamp", "column_2": "userId", "column_3": "revenue", "column_4": "properties.colour",
                 "column_5": "-"},
        defaults={EventField.EVENT: "Bought", EventField.CURRENCY: "EUR"},
        time_format="%d.%m.%Y %H:%M", zone="Europe/Berlin", decimal=",",
    )  # fmt: skip
    plan = ImportPlan(table=TableShape(header=False, delimiter=";"), mapping=mapping)
    await service.import_file(tenant, write(tmp_path, text), CSV, plan=plan)
    [row] = await events(tenant)
    assert row == (
        "7", datetime(2026, 3, 1, 11, tzinfo=UTC), Decimal("1234.5000"), "EUR",
        {"colour": "x", "revenue": "1234.50", "currency": "EUR"}, "Bought", "track",
    )  # fmt: skip


async def test_identities_pages_and_campaigns_out_of_columns(tenant, tmp_path):
    text = (
        "timestamp,anonymousId,userId,type,url,utm_source,utm_medium,plan\n"
        "1772359200,a1,,page,https://acme.example/p?x=1,news,email,\n"
        "1772359201000,a1,u1,identify,,,,pro\n"
    )
    await service.import_file(tenant, write(tmp_path, text), CSV)
    found = await events(tenant, "type, anonymous_id, user_id, host, path, channel, properties")
    assert ("page", "a1", None, "acme.example", "/p", "email", None) in found
    assert ("identify", "a1", "u1", None, None, None, {"plan": "pro"}) in found


def parquet(folder: Path, table: pa.Table, **options) -> Path:
    path = folder / "events.parquet"
    pq.write_table(table, path, **options)
    return path


async def test_parquet_with_zones_decimals_and_nested_types(tenant, tmp_path, count):
    at, east = datetime(2026, 3, 1, 12), timezone(timedelta(hours=2))
    item = pa.struct([("sku", pa.string()), ("n", pa.int8())])
    table = pa.table(
        {
            "timestamp": pa.array([at, at], pa.timestamp("ns")),
            "user_id": pa.array([1, 2], pa.int64()),
            "event": pa.array(["A", "B"]).dictionary_encode(),
            "revenue": pa.array([Decimal("19.90"), None], pa.decimal128(12, 2)),
            "items": pa.array([[{"sku": "a", "n": 1}], None], pa.list_(item)),
            "labels": pa.array([[("k", "v")], None], pa.map_(pa.string(), pa.string())),
            "score": pa.array([float("nan"), 0.5], pa.float32()),
            "seen": pa.array([at.replace(tzinfo=east)] * 2, pa.timestamp("us", "Europe/Berlin")),
            "day": pa.array([at.date(), None], pa.date32()),
            "raw": pa.array([b"text", None], pa.binary()),
        }
    )  # fmt: skip
    path = parquet(tmp_path, table, row_group_size=1)
    plan = ImportPlan(mapping=guess_mapping(table.column_names, []).model_copy(update={"zone": "Europe/Berlin"}))
    done = await service.import_file(tenant, path, PARQUET, plan=plan)
    assert (done.accepted, done.rejected) == (2, 0)
    first, second = await events(tenant)
    assert first[:3] == ("1", datetime(2026, 3, 1, 11, tzinfo=UTC), Decimal("19.9000"))
    assert first[4] == {
        "items": [{"sku": "a", "n": 1}], "labels": {"k": "v"}, "seen": "2026-03-01T11:00:00+01:00", "day": "2026-03-01",
        "raw": "text", "revenue": "19.90",
    }  # fmt: skip
    assert second[4] == {"score": 0.5, "seen": "2026-03-01T11:00:00+01:00"}
    again = await service.import_file(tenant, path, PARQUET, plan=plan)
    assert (again.accepted, again.duplicates) == (0, 2)


async def test_a_nested_column_is_no_id_and_bytes_are_no_text(tenant, tmp_path, count):
    nested = pa.table({"time": ["2026-01-01"], "user": [[1, 2]], "event": ["E"]})
    done = await service.import_file(tenant, parquet(tmp_path, nested), PARQUET)
    assert [(r.line, r.code, r.field) for r in done.rejects] == [(1, "event_field_not_text", "user")]
    raw = pa.table({"time": ["2026-01-01"], "user": ["u"], "event": ["E"], "photo": [b"\xff\xd8"]})
    with pytest.raises(TableUnreadable) as refused:
        await service.import_file(tenant, parquet(tmp_path, raw), PARQUET)
    assert (refused.value.code, refused.value.params["column"]) == ("table_value_unreadable", "photo")
    deep = ["x"]
    for _ in range(40):
        deep = [deep]
    kind = pa.string()
    for _ in range(41):
        kind = pa.list_(kind)
    bottomless = pa.table({"time": ["2026-01-01"], "user": ["u"], "event": ["E"], "deep": pa.array([deep], kind)})
    done = await service.import_file(tenant, parquet(tmp_path, bottomless), PARQUET)
    assert [r.code for r in done.rejects] == ["event_too_deep"]
    assert await count(tenant, "analytics_events") == 0


@pytest.mark.parametrize("cut", ["end", "middle", "all"])
async def test_damaged_parquet(tenant, tmp_path, count, cut):
    users = [f"u{n}" for n in range(5_000)]
    table = pa.table({"time": ["2026-01-01T00:00:00Z"] * 5_000, "user": users, "event": ["E"] * 5_000})
    path = parquet(tmp_path, table, row_group_size=1_000, use_dictionary=False, data_page_version="2.0")
    data = bytearray(path.read_bytes())
    if cut == "end":
        data = data[:-100]
    elif cut == "middle":
        data[len(data) // 2 : len(data) // 2 + 4_000] = b"\xff" * 4_000
    else:
        data = bytearray(b"PAR1 not at all")
    path.write_bytes(data)
    with pytest.raises((ImportFileDamaged, TableUnreadable)):
        await service.import_file(tenant, path, PARQUET)
    assert await count(tenant, "analytics_events") == 0


async def test_a_parquet_bomb_is_stopped(tenant, tmp_path, monkeypatch, count):
    monkeypatch.setattr(tables, "_PARQUET_SMALL", 100_000)
    monkeypatch.setattr(tables, "_PARQUET_RATIO", 5)
    table = pa.table({"time": ["2026-01-01"] * 200_000, "user": ["u"] * 200_000, "event": ["E"] * 200_000})
    with pytest.raises(ImportBomb):
        await service.import_file(tenant, parquet(tmp_path, table), PARQUET)
    assert await count(tenant, "analytics_events") == 0


def test_times_as_programs_write_them():
    read = TimeReader(None, "America/New_York").read
    assert read("2026-03-01") == "2026-03-01T05:00:00+00:00"
    assert read("2026-03-01 12:00:00 UTC") == "2026-03-01T12:00:00+00:00"
    assert read("2026-03-01T12:00:00.5Z") == "2026-03-01T12:00:00.500000+00:00"
    for scaled in ("1772366400", "1772366400000", "1772366400000000", "1772366400000000000", 1772366400):
        assert read(scaled) == "2026-03-01T12:00:00+00:00"
    for bad in ("", "03/04/2026", "soon", True, [1], "99999999999999999999999"):
        with pytest.raises(Rejected):
            read(bad)
    assert guess_time_format(["01.03.2026 12:00", ""]) == "%d.%m.%Y %H:%M"
    assert guess_time_format(["03/14/2026"]) == "%m/%d/%Y"
    assert guess_time_format(["03/04/2026"]) is None, "nobody knows which is the month"
    assert guess_time_format(["2026-03-01"]) is None
    assert guess_time_format(["yesterday", "31.12.2026", "01.03.2026"]) == "%d.%m.%Y", "most of them"
    assert guess_time_format(["yesterday", "soon"]) is None


@pytest.mark.parametrize(
    ("text", "decimal", "amount"),
    [("1,234.50", ".", "1234.50"), ("1.234,50 €", ",", "1234.50"), ("-5", ".", "-5"), ("-€5", ".", "-5"),
     ("(5.00)", ".", "-5.00"), ("1 234,5", ",", "1234.5"), ("USD 7", ".", "7"), ("1'000.00", ".", "1000.00")],
)  # fmt: skip
def test_amounts(text, decimal, amount):
    assert read_amount(text, decimal) == amount


@pytest.mark.parametrize("text", ["", "many", "1.2.3", "5,5,5.5.5", "--5", "NaN"])
def test_what_is_no_amount(text):
    with pytest.raises(Rejected):
        read_amount(text, ".")


def test_formats_by_their_beginning():
    assert guess_format(b"PAR1...", "x.csv") is PARQUET
    assert guess_format(b'\xef\xbb\xbf{"type":"track"}', "x") is FileFormat.JSONL
    for host in (b"", b"a.b:443 "):
        line = host + b'1.2.3.4 - - [10/Mar/2024:12:00:00 +0000] "GET / HTTP/1.1" 200 1'
        assert guess_format(line, "x") is FileFormat.ACCESS_LOG
    assert guess_format(b"a\tb\n", "x.tsv.gz") is TSV
    assert guess_format(b"a,b\n", "x") is CSV


def test_columns_by_their_names():
    ga4 = guess_mapping(["event_date", "event_timestamp", "event_name", "user_pseudo_id", "page_location"], [])
    assert ga4.columns["user_pseudo_id"] == "anonymousId"
    assert ga4.columns["event_timestamp"] == "timestamp"
    german = guess_mapping(["Datum", "Kundennummer", "Betrag", "Währung"], [["31.12.2026", "7", "12,50", "EUR"]])
    assert german.columns["Währung"] == "currency"
    assert (german.time_format, german.decimal) == ("%d.%m.%Y", ",")
    assert guess_mapping(["type"], [["Book"]]).columns == {}, "a type of something else"
    assert parse_mapping(["a=b=userId"], ["event=x"]) == ({"a=b": "userId"}, {EventField.EVENT: "x"}, {})
    assert parse_mapping([], ["properties.a.b=1=2"]) == ({}, {}, {"a.b": "1=2"})
    for bad in (["nonsense"], ["=x"]):
        with pytest.raises(ValueError, match=r"nonsense|=x"):
            parse_mapping(bad)
    for bad in (["properties.=x"], ["properties=x"], ["-=x"], ["nonsense=x"]):
        with pytest.raises(ValueError, match=r"propert|-|nonsense"):
            parse_mapping([], bad)


async def test_properties_that_no_column_brings(tenant, tmp_path):
    path = write(tmp_path, "time,user,event,plan\n2026-01-01,a,Seen,\n2026-01-02,b,Seen,pro\n")
    plan = ImportPlan(mapping=Mapping(
        columns={"time": "timestamp", "user": "userId", "event": "event"}, properties={"plan": "free", "test": "7"}
    ))  # fmt: skip
    await service.import_file(tenant, path, CSV, plan=plan)
    assert [row[4] for row in await events(tenant)] == [{"plan": "free", "test": "7"}, {"plan": "pro", "test": "7"}]


async def test_logs_with_their_virtual_host(tenant, tmp_path):
    lines = [
        f'{host}203.0.113.7 - - [10/Mar/2024:12:00:0{n} +0000] "GET /p{n} HTTP/1.1" 200 12 "-" "Mozilla/5.0"'
        for n, host in enumerate(["Shop.Acme.example:443 ", "blog.acme.example:80 ", ""])
    ]
    path = write(tmp_path, "\n".join(lines), "access.log")
    await service.import_file(tenant, path, FileFormat.ACCESS_LOG, site="acme.example")
    found = await events(tenant, "host, path, occurred_at, user_id")
    assert [row[:2] for row in found] == [
        ("shop.acme.example", "/p0"), ("blog.acme.example", "/p1"), ("acme.example", "/p2")
    ]  # fmt: skip
