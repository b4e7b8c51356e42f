"""Every way into somebody else's state that we know of, tried against a running server."""

import re

import pytest

from tests.web.conftest import HOST, Site
from tests.web.socket import NOTES, SESSION, STATE, TOASTS, Refused, Tab, Wire

OTHER = "globex.atrium.localhost"


def test_own_tab_works_and_reconnecting_keeps_the_state(site: Site):
    tab = site.tab("ann", token="tab-keep").call(f"{NOTES}.write", note="my secret")
    assert tab.value(NOTES, "note") == "my secret"
    tab.close()
    again = site.tab("ann", token="tab-keep")
    assert again.value(NOTES, "note") == "my secret"
    assert again.value(SESSION, "name") == "Ann Smith"


def test_client_token_of_another_opens_nothing(site: Site):
    victim = site.tab("ann", token="tab-stolen").call(f"{NOTES}.write", note="my secret")
    bound = victim.value(STATE, "rx_router_session")["client_token"]
    victim.close()
    for token in ("tab-stolen", bound):
        for thief in (site.tab("bob", token=token), site.tab(None, token=token)):
            assert "my secret" not in thief.seen
            thief.close()


def test_two_tabs_of_one_session_do_not_share_a_state(site: Site):
    site.tab("ann", token="tab-a").call(f"{NOTES}.write", note="in the first")
    assert "in the first" not in site.tab("ann", token="tab-b").seen


@pytest.mark.parametrize("origin", ["http://evil.example", f"http://{OTHER}:1", "null", f"https://{HOST}", None])
def test_socket_from_another_origin_is_refused(site: Site, origin: str | None):
    with pytest.raises(Refused):
        site.tab("ann", origin=origin)


def test_sibling_tenants_page_is_another_origin(site: Site):
    with pytest.raises(Refused):
        site.tab("ann", origin=f"http://{OTHER}:{site.port}")


def test_cookie_of_another_host_is_no_session(site: Site):
    with pytest.raises(Refused):
        Tab(site.port, host=OTHER, cookie=site.cookie("ann", HOST))
    response = site.request("GET", "/", host=OTHER, headers={"Cookie": site.cookie("ann", HOST)})
    assert response.status_code == 303


def test_without_any_cookie_there_is_no_socket(site: Site):
    with pytest.raises(Refused):
        Tab(site.port, host=HOST)
    with pytest.raises(Refused):
        Tab(site.port, host=HOST, cookie="atrium_visitor=short")


def test_room_token_as_client_token_is_refused(site: Site):
    for token in ("room_campaign_7", "a_b", "", "x" * 129):
        with pytest.raises(Refused):
            site.tab("ann", token=token)
    with pytest.raises(Refused):
        site.tab("ann", query="token=a&token=b")


def test_visitors_are_bound_to_their_browser(site: Site):
    first = site.tab(None, token="tab-v", visitor="a" * 40).call(f"{SESSION}.choose_theme", theme="dark")
    assert first.value(SESSION, "theme") == "dark"
    first.close()
    assert site.tab(None, token="tab-v", visitor="b" * 40).value(SESSION, "theme") != "dark"


def test_browser_cannot_name_its_own_session(site: Site):
    forged = site.tab(None, headers={"X-Atrium-Session": "ann", "x-atrium-host": "evil"})
    assert "Ann Smith" not in forged.seen
    assert "evil" not in forged.seen


def test_cookie_never_reaches_the_state(site: Site):
    tab = site.tab("ann", token="tab-cookie").call(f"{NOTES}.greet")
    assert "secret-ann" not in tab.seen
    assert "atrium_session" not in tab.seen


@pytest.mark.parametrize("path", ["/_upload", "/_upload/file.txt", "/_event/", "/_health", "/ping", "/_all_routes"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_reflex_endpoints_do_not_exist(site: Site, method: str, path: str):
    headers = {"Cookie": site.cookie("ann"), "Reflex-Client-Token": "tab-1", "Reflex-Event-Handler": f"{NOTES}.write"}
    assert site.request(method, path, headers=headers).status_code in (404, 405)


@pytest.mark.parametrize("path", ["/_event/../_event", "/ws/x", "/", "/_upload"])
def test_other_sockets_are_refused(site: Site, path: str):
    name = f"{HOST}:{site.port}"
    with pytest.raises(Refused):
        Wire(
            site.port, f"{path}?token=a", host=name, headers={"Origin": f"http://{name}", "Cookie": site.cookie("ann")}
        )


def test_revoked_session_is_refused_at_the_next_action(start_site):
    site = start_site()
    tab = site.tab("ann", token="tab-revoked").call(f"{NOTES}.write", note="before")
    site.control(revoke="ann")
    tab.call(f"{NOTES}.write", note="after")
    assert tab.value(NOTES, "note") == "before"
    assert any(event["name"] == "_redirect" and "/sign-in" in str(event) for event in tab.events)
    tab.close()
    with pytest.raises(Refused):
        site.tab("ann")


def test_handler_called_directly_without_the_right_is_refused(site: Site):
    guest = site.tab("bob", token="tab-guest").call(f"{NOTES}.owners_only").call(f"{NOTES}.forbidden")
    assert not guest.value(NOTES, "note")
    assert "errors.forbidden" in guest.seen or "error" in str(guest.value(TOASTS, "items"))
    owner = site.tab("ann", token="tab-owner").call(f"{NOTES}.owners_only")
    assert owner.value(NOTES, "note") == "written by ann"


def test_visitor_is_sent_to_sign_in(site: Site):
    tab = site.tab(None, token="tab-visitor", path="/").call(f"{NOTES}.write", note="x")
    assert not tab.value(NOTES, "note")
    assert any(event["name"] == "_redirect" for event in tab.events)


def test_reflex_setvar_and_private_names_cannot_be_called(site: Site):
    tab = site.tab("ann", token="tab-set").call(f"{NOTES}.write", note="kept")
    tab.call(f"{NOTES}.setvar", var_name="note", value="changed").call(f"{SESSION}._remember").call(f"{SESSION}.reset")
    assert tab.call(f"{NOTES}.greet").value(NOTES, "note") == "kept"


def test_failures_tell_no_details(site: Site):
    tab = site.tab("ann", token="tab-crash").call(f"{NOTES}.crash")
    assert "hunter2" not in tab.seen
    assert "Traceback" not in tab.seen
    assert tab.value(TOASTS, "items")[0]["kind"] == "error"


def test_bad_input_stands_at_its_field(site: Site):
    tab = site.tab("ann", token="tab-form").call(f"{NOTES}.save", form={"title": "x"})
    assert tab.value(NOTES, "errors") == {"title": "That is not possible right now."}


def test_undo_checks_the_permission_again(site: Site):
    tab = site.tab("ann", token="tab-undo").call(f"{NOTES}.greet")
    tab.call(f"{TOASTS}.undo", toast_id=tab.value(TOASTS, "items")[0]["id"])
    assert tab.value(NOTES, "note") == "undone"
    tab.call(f"{TOASTS}.undo", toast_id="made-up")
    assert tab.value(TOASTS, "items") == []


def test_change_reaches_the_open_page_within_a_moment(site: Site):
    tab = site.tab("ann", token="tab-live")
    other = site.tab("ann", token="tab-elsewhere", path="/system")
    site.control(changed="notes:42")
    tab.pump(0.8)
    other.pump(0.1)
    assert any(event["name"].endswith("notes_state.refresh") for event in tab.events)
    assert not other.events
    tab.close()
    site.control(changed="notes")


def test_closed_tabs_are_forgotten(start_site):
    site = start_site()
    tab = site.tab("ann", token="tab-closing")
    assert site.control()["watching"] == 1
    tab.close()
    assert site.control()["watching"] == 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_cookie_counts_only_from_our_own_pages(site: Site, method: str):
    cookie = {"Cookie": site.cookie("ann")}
    foreign = {**cookie, "Origin": f"http://{OTHER}:{site.port}"}
    assert site.request(method, "/api/v1/echo", headers=foreign).status_code == 403
    assert site.request(method, "/api/v1/echo", headers=cookie).status_code == 403
    own = {**cookie, "Origin": f"http://{HOST}:{site.port}"}
    assert site.request("POST", "/api/v1/echo", headers=own).json()["cookie"]


def test_login_csrf_is_refused(site: Site):
    assert site.request("POST", "/auth/sign-in", headers={"Origin": "http://evil.example"}).status_code == 403
    assert site.request("POST", "/auth/sign-in", headers={"Origin": f"http://{HOST}:{site.port}"}).status_code == 200


def test_event_api_never_sees_cookies_and_is_open_to_all_origins_without_credentials(site: Site):
    for path in ("/v1/track", "/ofrep/v1/x"):
        answer = site.request("POST", path, headers={"Cookie": site.cookie("ann"), "Origin": "http://shop.example"})
        assert answer.json() == {"cookie": None, "atrium": None}
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
    asked = {"Origin": "http://shop.example", "Access-Control-Request-Method": "POST"}
    assert site.request("OPTIONS", "/v1/track", headers=asked).status_code == 200


def test_nothing_else_has_cors(site: Site):
    for path in ("/api/v1/echo", "/sign-in", "/app.js"):
        answer = site.request("GET", path, headers={"Origin": "http://evil.example"})
        assert "access-control-allow-origin" not in answer.headers
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in site.request("OPTIONS", "/api/v1/echo", headers=asked).headers


def test_pages_need_a_session_and_come_with_a_policy(site: Site):
    refused = site.request("GET", "/system?filter=a:eq:b")
    assert refused.status_code == 303
    assert refused.headers["location"] == "/sign-in?next=%2Fsystem%3Ffilter%3Da%3Aeq%3Ab"
    page = site.request("GET", "/sign-in")
    policy = page.headers["content-security-policy"]
    assert page.status_code == 200
    assert "unsafe-eval" not in policy
    assert re.search(r"script-src 'self' 'sha256-[^']+';", policy)
    assert "frame-ancestors 'none'" in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    cookie = page.headers["set-cookie"]
    assert "atrium_visitor=" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_unknown_page_is_not_found(site: Site):
    assert site.request("GET", "/no/such/page").status_code == 404
    assert site.request("GET", "/notes/5", headers={"Cookie": site.cookie("ann")}).status_code == 200
