"""A worker killed between an event and its deliveries: the next one delivers all of them.

At least once: a repeated delivery of an invitation is a letter of its own, with a fresh link that replaces the first.
"""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable

from enterprise_app.domains.identity.service import hash_secret
from tests.robustness.conftest import Launch, World

INVITATIONS = 8
KILLS = 3
TOKEN = re.compile(r"token=([\w.~-]+)")


def _until(true: Callable[[], bool], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def _open(world: World) -> int:
    return world.sql("SELECT count(*) FROM event_deliveries WHERE state = 'pending'")[0][0]


def _mails(world: World) -> list[str]:
    return [row[0] for row in world.sql("SELECT recipient FROM mailbox")]


def _kill(worker: "subprocess.Popen[bytes]") -> None:
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(10)


def test_killed_between_event_and_delivery(launch: Launch) -> None:
    world = launch()
    people = [f"colleague{number}@acme.example" for number in range(INVITATIONS)]
    for email in people:
        world.api("POST", "/api/v1/invitations", email=email, role="member")
    assert _mails(world) == []
    with (world.folder / "worker.log").open("wb") as log:
        for _ in range(KILLS):
            worker, before = world.worker(log), len(_mails(world))
            _until(lambda seen=before: len(_mails(world)) > seen or _open(world) == 0)
            _kill(worker)
        worker = world.worker(log)
        try:
            _until(lambda: len(_mails(world)) >= INVITATIONS and _open(world) == 0)
        finally:
            worker.terminate()
            worker.wait(30)
    assert set(_mails(world)) == set(people)
    assert world.sql("SELECT count(*) FROM event_deliveries WHERE state = 'dead'") == [(0,)]
    _assert_newest_links_work(world)


def _assert_newest_links_work(world: World) -> None:
    newest = "SELECT DISTINCT ON (recipient) recipient, text FROM mailbox ORDER BY recipient, sent_at DESC"
    hashes = dict(world.sql("SELECT email, mail_hash FROM invitations"))
    for recipient, text in world.sql(newest):
        found = TOKEN.search(text)
        assert found, text
        assert hash_secret(found.group(1)) == hashes[recipient], f"the last link that {recipient} got is dead"
