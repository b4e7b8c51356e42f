"""The embedded server survives kills, lets nobody in without a password, and leaves nothing behind."""

import os
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest

from enterprise_app.core import embedded
from enterprise_app.core.embedded import EmbeddedError, cluster
from enterprise_app.core.embedded.binaries import installations
from enterprise_app.core.embedded.place import find_place, remove_place
from enterprise_app.core.settings import PROJECT_ROOT
from tests.platform.ordinary import OrdinaryPython, ordinary_uid


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """The folder of a cluster under a parent that only its owner may enter; nothing of it stays."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    folder = private / "pg"
    yield folder
    cluster.shut_down(find_place(folder))
    remove_place(folder)


def number(server: embedded.Server, query: str = "SELECT count(*) FROM kept") -> int:
    """The first value of a query."""
    with psycopg.connect(server.admin_url) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row[0]


def keep(server: embedded.Server) -> None:
    """Write something that must not get lost."""
    with psycopg.connect(server.admin_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")


@dataclass
class Wish:
    """The settings that matter here."""

    data_dir: Path
    pg_version: int | None


def kill(server: embedded.Server) -> None:
    """kill -9, and wait until the system has cleared up."""
    process = psutil.Process(server.pid)
    process.kill()
    process.wait(10)
    server.stop()


def test_stop_means_stopped_and_the_next_start_finds_the_data(root: Path) -> None:
    server = embedded.start(root)
    keep(server)
    assert server.stop()
    assert not psutil.pid_exists(server.pid)
    again = embedded.start(root)
    assert (again.started_by_us, number(again), again.port) == (True, 1, server.port)
    again.stop()


def test_parents_keep_their_permissions_and_secrets_theirs(root: Path) -> None:
    server = embedded.start(root)
    server.stop()
    assert stat.S_IMODE(root.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.place.state_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.place.data.stat().st_mode) == 0o700
    if os.geteuid() == 0:
        assert root.is_symlink()
        assert root.resolve().is_relative_to("/var/lib/atrium")
        assert server.place.data.stat().st_uid != 0


def test_nobody_gets_in_without_the_password(root: Path) -> None:
    server = embedded.start(root)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://postgres:wrong@127.0.0.1:{server.port}/postgres").close()
    listening = {c.laddr[0] for c in psutil.Process(server.pid).net_connections() if c.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}
    server.stop()


def test_kill_9_of_the_server_loses_nothing(root: Path) -> None:
    server = embedded.start(root)
    keep(server)
    kill(server)
    again = embedded.start(root)
    assert again.pid != server.pid
    assert number(again) == 1
    again.stop()


def test_a_stale_pid_file_with_a_foreign_process_is_no_obstacle(root: Path) -> None:
    server = embedded.start(root)
    keep(server)
    file = server.place.data / "postmaster.pid"
    lines = file.read_text().splitlines()
    kill(server)
    file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    again = embedded.start(root)
    assert number(again) == 1
    again.stop()


def test_kill_9_of_the_app_leaves_a_server_that_the_next_start_adopts(root: Path) -> None:
    script = "import os,sys,signal;from pathlib import Path;from enterprise_app.core import embedded;" \
        "s=embedded.start(Path(sys.argv[1]));print(s.pid,flush=True);os.kill(os.getpid(),signal.SIGKILL)"  # fmt: skip
    killed = subprocess.run([sys.executable, "-c", script, str(root)], cwd=PROJECT_ROOT, capture_output=True, text=True)
    adopted = embedded.start(root)
    assert (adopted.started_by_us, adopted.pid) == (False, int(killed.stdout))
    assert number(adopted, "SELECT 1") == 1
    assert adopted.stop()
    assert not psutil.pid_exists(adopted.pid)


def test_ctrl_c_while_it_starts_leaves_no_server(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded.start(root).stop()

    def interrupted(_place: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(cluster, "_ready", interrupted)
    with pytest.raises(KeyboardInterrupt):
        embedded.start(root)
    data = str(find_place(root).data)
    assert not [p.pid for p in psutil.process_iter(["cmdline"]) if data in (p.info["cmdline"] or [])]


def test_a_full_disk_is_seen_in_the_log_only_while_it_is_news(root: Path) -> None:
    server = embedded.start(root)
    line = "{} UTC [1] PANIC:  could not write to file: No space left on device\n"
    assert not cluster.ran_out_of_space(server.place)
    server.place.log.write_text(line.format("2020-01-01 00:00:00.000"))
    assert not cluster.ran_out_of_space(server.place)
    server.place.log.write_text(line.format(time.strftime("%Y-%m-%d %H:%M:%S.000", time.gmtime())))
    assert cluster.ran_out_of_space(server.place)
    server.stop()


def test_the_last_user_stops_the_server(root: Path) -> None:
    first = embedded.start(root)
    second = embedded.start(root)
    assert first.stop() is False
    assert number(second, "SELECT 1") == 1
    assert second.stop() is True
    assert not psutil.pid_exists(second.pid)


def test_a_throwaway_server_ends_with_its_process(root: Path) -> None:
    script = "import os,sys,signal;from pathlib import Path;from enterprise_app.core import embedded;" \
        "s=embedded.start(Path(sys.argv[1]),throwaway=True);print(s.pid,s.place.base,flush=True);" \
        "os.kill(os.getpid(),signal.SIGKILL)"  # fmt: skip
    killed = subprocess.run([sys.executable, "-c", script, str(root)], cwd=PROJECT_ROOT, capture_output=True, text=True)
    pid, base = killed.stdout.split()
    deadline = time.monotonic() + 10
    while (psutil.pid_exists(int(pid)) or Path(base).exists()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not psutil.pid_exists(int(pid))
    assert not Path(base).exists()


def test_an_unknown_version_is_named(root: Path) -> None:
    with pytest.raises(EmbeddedError, match="No programs of PostgreSQL 14 found"):
        embedded.start(root, major=14)


def test_a_newer_version_takes_the_data_over_and_an_older_one_is_refused(root: Path) -> None:
    majors = sorted({binaries.major for binaries in installations()})
    assert len(majors) > 1, "the wheel in uv.lock holds two versions; `uv sync` brings it"
    old, new = majors[0], majors[-1]
    server = embedded.ensure_running(Wish(data_dir=root.parent, pg_version=old))
    keep(server)
    server.stop()
    upgraded = embedded.ensure_running(Wish(data_dir=root.parent, pg_version=new))
    assert number(upgraded) == 1
    assert number(upgraded, "SELECT current_setting('server_version_num')::int / 10000") == new
    assert list((upgraded.place.base / "backups").glob("*.sql"))
    upgraded.stop()
    with pytest.raises(EmbeddedError, match="older"):
        embedded.start(root, major=old)
    kept_without_a_wish = embedded.start(root)
    assert number(kept_without_a_wish) == 1
    kept_without_a_wish.stop()


SCRIPT = """
import sys
from pathlib import Path
from enterprise_app.core import embedded
server = embedded.start(Path(sys.argv[1]) / "pg")
print(server.place.data.stat().st_uid, server.place.base, server.stop())
"""


def test_an_ordinary_user_runs_it_as_himself() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as programs, tempfile.TemporaryDirectory(dir="/var/tmp") as home:
        os.chown(home, ordinary_uid(), -1)
        done = OrdinaryPython(Path(programs)).run(SCRIPT, home)
        assert done.stdout.split() == [str(ordinary_uid()), f"{home}/pg", "True"], done.stderr
        assert stat.S_IMODE(Path(home).stat().st_mode) == 0o700
