"""The API's price: an authenticated page of 50 campaigns against bare FastAPI with the same SQL on the same server."""

import asyncio
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import psycopg

from enterprise_app.bench import Row, benchmark
from enterprise_app.bench.load import Load, measure
from enterprise_app.core import crypto, db, events
from enterprise_app.core.bootstrap import bootstrap
from enterprise_app.core.context import PLATFORM_TENANT_ID, Actor, ActorKind, Context
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.embedded import start
from enterprise_app.core.embedded.place import remove_place
from enterprise_app.core.migrate import migrate
from enterprise_app.core.settings import PROJECT_ROOT
from enterprise_app.core.vocabulary.permissions import ROLE_PERMISSIONS, Role

SECRET = "a-secret-key-for-benchmarks-only-0123456789"
DATABASE = "atrium_bench"
BAR = 0.6
CAMPAIGNS = 500
CONNECTIONS = 24
SECONDS = 1.0
ROUNDS = 20
PATH = "/api/v1/campaigns?limit=50"

Pair: TypeAlias = tuple[Load, Load]
"""One round: ours, and bare FastAPI in the same moment."""

_FILL = """
    INSERT INTO campaigns (tenant_id, id, name, name_key, objective, status, budget_minor, budget_currency, starts_on,
                           ends_on, channels, tags, created_at)
    SELECT %s, gen_random_uuid(), 'Campaign ' || n, 'campaign ' || n, 'sales', 'draft', 250000 + n, 'EUR',
           date '2026-03-01', date '2026-03-31', '{email,social}', '{spring,launch}', now() - n * interval '1 minute'
    FROM generate_series(1, %s) AS n
"""


@benchmark("api")
def api() -> list[Row]:
    """A page of 50 campaigns with an API key, against bare FastAPI with the same SQL on the same server."""
    with throwaway_database() as (urls, admin_url):
        tenant, key = asyncio.run(_prepare(urls))
        with psycopg.connect(urls.direct_admin, autocommit=True) as connection:
            connection.execute("UPDATE tenants SET plan = 'ENTERPRISE' WHERE id = %s", [tenant])
            connection.execute(_FILL, [tenant, CAMPAIGNS])
            connection.execute("ANALYZE")
        environment = {"BENCH_ADMIN": admin_url, "BENCH_SECRET": SECRET, "BENCH_DATABASE": DATABASE}
        environment["BENCH_TENANT"] = tenant
        with _served("atrium", environment) as ours, _served("bare", environment) as bare:
            return [_row(asyncio.run(_compare(ours, bare, key)))]


async def _compare(ours: int, bare: int, key: str) -> list[Pair]:
    """Short rounds in turn, each pair within two seconds and in changing order: what else the machine does hits both.

    The first pair warms up and doesn't count.
    """
    pairs: list[Pair] = []
    for number in range(ROUNDS + 1):
        loads: dict[int, Load] = {}
        for port in (ours, bare) if number % 2 else (bare, ours):
            loads[port] = await measure(
                f"http://127.0.0.1:{port}{PATH}", {"X-API-Key": key}, seconds=SECONDS, connections=CONNECTIONS
            )
        if number:
            pairs.append((loads[ours], loads[bare]))
    return pairs


def _row(pairs: list[Pair]) -> Row:
    """Judged by the median of the pairs' own ratios: a pair saw the same machine, two medians of rates did not."""
    ratios = [ours.rate / bare.rate for ours, bare in pairs]
    ratio, (low, _, high) = statistics.median(ratios), statistics.quantiles(ratios)
    ours, bare = (statistics.median(pair[which].rate for pair in pairs) for which in (0, 1))
    p95 = statistics.median(pair[0].p95 for pair in pairs)
    failed = sum(load.failed for pair in pairs for load in pair)
    measured = f"{ratio:.0%} (half of {len(pairs)} rounds {low:.0%}–{high:.0%}): {ours:.0f}/s, p95 {p95:.0f} ms, "
    bar = f"≥ {BAR:.0%} of bare FastAPI's {bare:.0f}/s"
    return Row(
        "GET a page of 50 campaigns with an API key",
        measured + f"{failed} failed",
        bar,
        ratio,
        ratio >= BAR and not failed,
    )


async def _prepare(urls: DatabaseUrls) -> tuple[str, str]:
    """A tenant with an API key; returns the tenant's id and the key."""
    from enterprise_app.domains.identity import service as identity
    from enterprise_app.domains.identity.schemas import ApiKeyRequest, Registration

    crypto.configure(SECRET)
    events.register([])
    db.configure(urls)
    wanted = {"name": "Bench", "slug": "bench-corp", "owner_name": "Ada", "email": "ada@example.com"}
    registration = Registration.model_validate(wanted | {"password": "correct horse battery staple"})
    registered = await identity.register_tenant(Context(PLATFORM_TENANT_ID, Actor(ActorKind.ANONYMOUS)), registration)
    async with db.tenant_session(_owner(registered.tenant_id)) as session:
        members = await identity.list_members(session, _owner(registered.tenant_id))
        owner = _owner(registered.tenant_id, members.items[0].id)
        made = await identity.create_api_key(session, owner, ApiKeyRequest(name="bench"))
    await db.dispose()
    return str(registered.tenant_id), made.key


def _owner(tenant_id, member_id=None) -> Context:
    return Context(tenant_id, Actor(ActorKind.MEMBER, member_id, "Ada"), ROLE_PERMISSIONS[Role.OWNER])


@contextmanager
def throwaway_database() -> Iterator[tuple[DatabaseUrls, str]]:
    """A migrated database on a server of its own, gone afterwards; also the server's admin URL."""
    folder = Path(tempfile.mkdtemp(prefix="atrium-bench-"))
    server = start(folder / "pg")
    try:
        urls = DatabaseUrls.derive(server.admin_url, None, SECRET, database=DATABASE)
        bootstrap(urls)
        migrate(urls)
        yield urls, server.admin_url
    finally:
        server.stop()
        remove_place(folder / "pg")  # as root the data is elsewhere
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _served(factory: str, environment: dict[str, str]) -> Iterator[int]:
    """One granian process of `bench.api_servers`; the value is its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    target = f"enterprise_app.bench.api_servers:{factory}"
    arguments = ["--interface", "asgi", "--factory", "--host", "127.0.0.1", "--port", str(port), "--log-level", "error"]
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", *arguments, target], env=os.environ | environment, cwd=PROJECT_ROOT
    )
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"the server on port {port} did not start")
