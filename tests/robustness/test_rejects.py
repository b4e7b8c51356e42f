"""The report of rejected lines goes where the user says, and destroys nothing that is there."""

from pathlib import Path

from enterprise_app.domains.analytics.schemas import RejectedLine
from enterprise_app.domains.analytics.service.rejects import RejectReport

LINE = RejectedLine(line=1, code="line_unreadable", field="", problem="is not an access log line", text="?")


def _write(target: Path) -> None:
    with RejectReport(target) as report:
        report.write([LINE])
        report.keep()


def test_a_device_is_written_to_and_stays(tmp_path: Path) -> None:
    device = tmp_path / "null"
    device.symlink_to("/dev/null")  # so that a failure of this test replaces the link, not the machine's device
    _write(device)
    assert device.is_char_device()
    assert list(tmp_path.iterdir()) == [device]


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "rejected.jsonl"
    target.write_text("of last time")
    _write(target)
    assert '"line": 1' in target.read_text()
    assert list(tmp_path.iterdir()) == [target]
