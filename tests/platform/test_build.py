"""The pages are built once, however many starts ask for them at the same time."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from enterprise_app.web import build


def test_two_starts_at_once_build_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    runs = []

    def run(_say: object) -> None:
        runs.append(1)
        time.sleep(0.2)
        (tmp_path / "404.html").touch()

    monkeypatch.setattr(build, "LOCK", tmp_path / "here" / "lock")
    monkeypatch.setattr(build, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(build, "OUTPUT", tmp_path)
    monkeypatch.setattr(build, "_run_reflex", run)
    with ThreadPoolExecutor(2) as pool:
        built = list(pool.map(lambda _: build.build(lambda text: None), range(2)))
    assert sorted(built) == [False, True]
    assert len(runs) == 1
