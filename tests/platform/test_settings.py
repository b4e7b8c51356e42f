"""A settings file with a typo is answered with the line, the problem and the nearest valid name."""

import stat
from pathlib import Path

import pytest

from enterprise_app.core import settings as settings_module
from enterprise_app.core.settings import PROJECT_ROOT, Settings, get_settings, load_settings, setting_names
from enterprise_app.core.settings_docs import settings_page
from enterprise_app.core.settings_file import SettingsError


def problems(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> str:
    """The error for a settings file with this text."""
    file = tmp_path / ".env"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(file, environ or {})
    return str(caught.value)


def test_a_misspelt_name_is_named_with_its_line_and_the_right_one(tmp_path: Path) -> None:
    text = "# cache\nMAIL_FROM=a@b.example\nREDIS_ULR=redis://h\n"
    assert problems(tmp_path, text) == ".env line 3: REDIS_ULR is not a setting; did you mean REDIS_URL?"


def test_a_misspelt_name_in_the_environment_is_an_error_too(tmp_path: Path) -> None:
    assert "environment: ATRIUM_BASE_ULR is not a setting; did you mean ATRIUM_BASE_URL?" in problems(
        tmp_path, "", {"ATRIUM_BASE_ULR": "http://x"}
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("DATABASE_URL=mysql://u:geheim@h/db", "must start with postgresql:// or postgres://"),
        ("DATABASE_URL=postgresql://u:geheim@h:99999/db", "port"),
        ("REDIS_URL=redis://", "host name"),
        ("SMTP_URL=http://mail:geheim@h", "must start with smtp:// or smtps://"),
        ("ATRIUM_PORT=0", "greater than or equal to 1"),
        ("ATRIUM_PORT=eight", "integer"),
        ("ATRIUM_BASE_URL=https://a.example/path", "without a path"),
        ("ATRIUM_BASE_URL=a.example", "http:// or https://"),
        ("ATRIUM_SECRET_KEY=geheim", "32"),
        ("ATRIUM_WEB_WORKERS=2", "REDIS_URL"),
        ("ATRIUM_LOG_LEVEL=loud", "debug"),
        ("ATRIUM_FORWARDED_IPS=10.0.0.0/8,proxy", "'proxy'"),
        ("MAIL_FROM=nobody", "mail address"),
        ("PG_VERSION=9", "14"),
        ("just a line", "NAME=value"),
    ],
)
def test_a_bad_value_says_what_would_be_right_and_keeps_secrets(tmp_path: Path, line: str, said: str) -> None:
    found = problems(tmp_path, f"\n{line}\n")
    assert found.startswith(".env line 2: ")
    assert said in found
    assert "geheim" not in found


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    assert len(problems(tmp_path, "REDIS_ULR=x\nATRIUM_PORT=x\nMAIL_FROM=x\n").splitlines()) == 3


def test_a_name_twice_is_an_error(tmp_path: Path) -> None:
    assert "line 2: ATRIUM_PORT is already set on line 1" in problems(tmp_path, "ATRIUM_PORT=1\nATRIUM_PORT=2\n")


def test_the_environment_wins_and_quotes_are_understood(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text('export ATRIUM_PORT="8001"\nATRIUM_HOST=0.0.0.0 # all\nMAIL_FROM="A # B <a@b.example>"\n')
    settings = load_settings(file, {"ATRIUM_PORT": "8002", "ATRIUM_HOST": ""})
    assert (settings.port, settings.base_url) == (8002, "http://atrium.localhost:8002")
    assert settings.mail_from == "A # B <a@b.example>"


def test_secrets_do_not_show() -> None:
    settings = load_settings(Path("/nowhere"), {"DATABASE_URL": "postgresql://u:geheim@h/db"})
    assert "geheim" not in repr(settings)


def test_the_secret_key_is_made_once_and_closed_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_module, "SETTINGS_FILE", tmp_path / ".env")
    monkeypatch.delenv("ATRIUM_SECRET_KEY", raising=False)
    monkeypatch.setenv("ATRIUM_DATA_DIR", str(tmp_path / "data"))
    get_settings.cache_clear()
    try:
        first = get_settings().secret
        get_settings.cache_clear()
        assert get_settings().secret == first
        assert len(first) >= 32
        assert stat.S_IMODE((tmp_path / "data" / "secret.key").stat().st_mode) == 0o600
    finally:
        get_settings.cache_clear()


def test_the_documents_name_every_setting() -> None:
    assert (PROJECT_ROOT / "docs" / "settings.md").read_text() == settings_page(), (
        "run: python -m enterprise_app.core.settings_docs"
    )
    example = (PROJECT_ROOT / ".env.example").read_text()
    named = {line.removeprefix("# ").split("=")[0] for line in example.splitlines() if "=" in line}
    assert named == set(setting_names())
    assert all(field.description for field in Settings.model_fields.values())
