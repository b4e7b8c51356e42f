"""Small parts: pages as data, what a hydrate weighs, the patch of Reflex, when a build is due, CSP by document."""

import json
from pathlib import Path

import pytest
import reflex as rx
from reflex.utils import format as reflex_format

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web import build
from enterprise_app.web.routes import PAGES
from enterprise_app.web.shell import menus
from enterprise_app.web.shell.action import PUBLIC
from enterprise_app.web.shell.binding import bound_token, is_client_token, is_visitor, new_visitor
from enterprise_app.web.shell.guard import API_PREFIXES, under
from enterprise_app.web.shell.incoming import Incoming, parse_cookies
from enterprise_app.web.shell.page import Page, find_page
from enterprise_app.web.shell.runtime_host import follow_location
from enterprise_app.web.shell.security import ContentPolicy
from tests.web.test_handlers import _import_everything

HYDRATE_BYTES = 30_000


def _page(route: str) -> Page:
    return Page(route, "shell.account", "x", Permission.SELF_MANAGE, rx.fragment)


@pytest.mark.parametrize(
    ("path", "route"),
    [("/", "/"), ("/campaigns", "/campaigns"), ("/campaigns/", "/campaigns"), ("/campaigns/new", "/campaigns/new"),
     ("/campaigns/7", "/campaigns/[id]"), ("/campaigns/7/x", None), ("/nope", None)],
)  # fmt: skip
def test_page_of_a_path(path: str, route: str | None):
    pages = [_page(r) for r in ("/", "/campaigns", "/campaigns/[id]", "/campaigns/new")]
    found = find_page(pages, path)
    assert (found.route if found else None) == route


def test_pages_are_unique_and_out_of_the_apis_way():
    routes = [page.route for page in PAGES]
    assert len(routes) == len(set(routes))
    assert [route for route in routes if under(route, API_PREFIXES)] == []
    assert [page.route for page in PAGES if (page.topics or page.platform_topics) and page.refresh is None] == []


def test_hydrating_all_states_stays_small():
    _import_everything()
    snapshot = rx.State(_reflex_internal_init=True).dict(initial=True)  # pyright: ignore[reportCallIssue]
    assert len(reflex_format.json_dumps(snapshot)) <= HYDRATE_BYTES


def test_endpoint_follows_the_page_and_a_changed_reflex_is_noticed():
    import reflex_base

    source = (Path(reflex_base.__file__).parent / ".templates/web/utils/state.js").read_text()
    patched = follow_location(source)
    assert "endpoint.port = window.location.port" in patched
    assert follow_location(patched) == patched
    with pytest.raises(RuntimeError, match="reflex"):
        follow_location("something else")


def test_bound_tokens_differ_by_everything():
    parts = {("s:a", "h", "t"), ("s:b", "h", "t"), ("s:a", "g", "t"), ("s:a", "h", "u")}
    tokens = {bound_token(b"k", *part) for part in parts} | {bound_token(b"l", "s:a", "h", "t")}
    assert len(tokens) == 5
    assert all("_" not in token and is_client_token(token) for token in tokens)
    assert is_visitor(new_visitor())


def test_cookies_are_read_like_a_browser_sends_them():
    assert parse_cookies(['a=1; b="2"', "c=3; c=4", "=;;; x"]) == {"a": "1", "b": "2", "x": ""}


@pytest.mark.parametrize(
    ("origin", "host", "scheme", "same"),
    [
        ("http://a.test:8000", "a.test:8000", "ws", True), ("https://a.test", "a.test", "wss", True),
        ("http://a.test", "a.test:8000", "ws", False), ("http://a.test.evil", "a.test", "ws", False),
        ("https://a.test", "a.test", "ws", False), ("http://user@a.test", "a.test", "ws", False),
        (None, "a.test", "ws", False),
    ],
)  # fmt: skip
def test_origins(origin: str | None, host: str, scheme: str, same: bool):
    headers = [(b"host", host.encode())] + ([(b"origin", origin.encode())] if origin else [])
    scope = {"type": "websocket", "path": "/_event", "scheme": scheme, "headers": headers, "query_string": b""}
    assert Incoming.read(scope).same_origin is same


def test_policy_names_the_scripts_of_the_document_only(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "index.html").write_text('<script>one</script><script src="/x.js"></script>')
    (tmp_path / "404.html").write_text("<script>two</script>")
    policy = ContentPolicy(tmp_path, "")
    assert policy.header("/a").count(b"'sha256-") == 1
    assert policy.header("/a") != policy.header("/other") == policy.header("/../../etc/passwd")


def test_build_is_due_when_a_source_changes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(build, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(build, "OUTPUT", tmp_path)
    (tmp_path / "404.html").touch()
    build.STAMP.write_text(build.source_hash())
    assert build.is_current()
    monkeypatch.setattr(build, "_files", list)
    assert not build.is_current()


def test_services_do_not_trigger_a_build():
    names = {file.relative_to(build.ROOT).as_posix() for file in build._files()}
    assert "enterprise_app/web/shell/frame.py" in names
    assert "enterprise_app/locales/ar/shell.po" in names
    assert not [n for n in names if "/domains/" in n and n.endswith(("service.py", "api.py", "models.py"))]
    assert not [n for n in names if n.startswith("assets/locales/")]


def test_catalogues_are_valid_json():
    build.write_catalogues()
    texts = json.loads((build.ROOT / "assets/locales/de/translation.json").read_text(encoding="utf-8"))
    assert texts["shell.undo"] == "Rückgängig"


def test_public_marks_pages():
    assert Page("/x", "shell.account", "x", PUBLIC, rx.fragment).is_public
    assert not _page("/y").is_public


def test_policy_remembers_documents_and_not_whatever_path_is_asked_for(tmp_path: Path):
    (tmp_path / "404.html").write_text("<script>one()</script>")
    policy = ContentPolicy(tmp_path, "")
    assert {policy.header(f"/nowhere-{number}") for number in range(50)} == {policy.header("/elsewhere")}
    assert policy._of_document.cache_info().currsize == 1
    assert policy.header("/" + "a" * 300) == policy.header("/elsewhere")


def test_origin_that_is_no_address_is_another_origin():
    scope = {"type": "http", "path": "/", "scheme": "http", "headers": [(b"host", b"a.test"), (b"origin", b"http://[")]}
    assert Incoming.read(scope).same_origin is False


def test_sign_out_and_tenant_switch_are_posted_by_the_browser():
    """rx.el.form swallows the submission: nothing would reach /auth."""
    for part in (menus.user_menu(), menus.tenant_switcher()):
        assert 'jsx("form"' in str(part) or '"form"' in str(part.render())
        assert "onSubmit" not in str(part.render())
