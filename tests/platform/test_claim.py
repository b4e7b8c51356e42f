"""What `up` notes about its processes."""

import json
import os
from pathlib import Path

import pytest

from enterprise_app.commands.claim import Claim


def test_a_full_disk_keeps_the_old_note_and_the_platform(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    claim = Claim(tmp_path)
    claim.record(8320, [])
    (tmp_path / "up.new").symlink_to("/dev/full")  # every write: no space left on device
    claim.record(8321, [])
    assert "No space left on device" in capsys.readouterr().out
    known = json.loads((tmp_path / "up.json").read_text())
    assert (known["pid"], known["port"]) == (os.getpid(), 8320)
    claim.release()
