"""A slug is one label that nobody mistakes for another or for ours; a name is anything that hides nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enterprise_app.domains.tenancy.rules.confusables import skeleton
from enterprise_app.domains.tenancy.rules.hosts import is_platform_host, slug_of_host
from enterprise_app.domains.tenancy.rules.names import name_problem, normal_name
from enterprise_app.domains.tenancy.rules.slugs import RESERVED, normal_slug, slug_problem


@pytest.mark.parametrize(
    ("slug", "code"),
    [
        ("acme", None),
        ("acme-2", None),
        ("3m-shop", None),
        ("mall", None),
        ("a" * 40, None),
        ("", "slug_short"),
        ("ab", "slug_short"),
        ("a" * 41, "slug_long"),
        ("a" * 300, "slug_long"),
        ("admin", "slug_reserved"),
        ("adm1n", "slug_reserved"),
        ("adrnin", "slug_reserved"),
        ("a-d-m-i-n", "slug_reserved"),
        ("supp0rt", "slug_reserved"),
        ("platform", "slug_reserved"),
        ("\u0430cme", "slug_lookalike"),  # Cyrillic a
        ("acm\u0435", "slug_lookalike"),  # Cyrillic e
        ("\u03bficrosoft", "slug_lookalike"),  # Greek omicron
        ("\uff41\uff43\uff4d\uff45", "slug_lookalike"),  # full width
        ("acm\u00e9", "slug_lookalike"),
        ("ac\u200bme", "slug_lookalike"),  # zero-width space
        ("acme\u2011shop", "slug_lookalike"),  # non-breaking hyphen
        ("\U0001d41a\U0001d41c\U0001d426\U0001d41e", "slug_lookalike"),  # mathematical bold
        ("\u0645\u062a\u062c\u0631", "slug_characters"),
        ("shop\U0001f600", "slug_characters"),
        ("ac me", "slug_characters"),
        ("ac_me", "slug_characters"),
        ("ac.me", "slug_characters"),
        ("ac/../me", "slug_characters"),
        ("acme\0", "slug_characters"),
        ("a--b", "slug_hyphens"),
        ("-acme", "slug_hyphens"),
        ("acme-", "slug_hyphens"),
        ("xn--cme-6cd", "slug_punycode"),
        ("12345", "slug_digits"),
    ],
)
def test_slugs(slug, code):
    problem = slug_problem(normal_slug(slug))
    assert (problem and problem.code) == code


def test_capitals_and_blanks_are_forgiven_and_the_character_is_named():
    assert normal_slug("  AcMe ") == "acme"
    problem = slug_problem("\u0430cme")
    assert problem is not None
    assert problem.params == {"character": "\u0430 (U+0430)", "looks": "acme"}


@pytest.mark.parametrize("pair", [("acme", "acrne"), ("g00gle", "google"), ("paypal", "paypa1")])
def test_words_that_look_the_same_have_one_skeleton(pair):
    assert skeleton(pair[0]) == skeleton(pair[1])


@given(st.text(max_size=60))
def test_any_text_is_judged_without_an_error_and_what_passes_is_a_dns_label(text):
    slug = normal_slug(text)
    skeleton(text)
    if slug_problem(slug) is None:
        assert slug.isascii()
        assert slug not in RESERVED
        assert slug.replace("-", "a").isalnum()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Acme", None),
        ("\u0634\u0631\u0643\u0629 \u0623\u0643\u0645\u064a", None),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 Family", None),
        ("\U0001f600", None),
        ("x" * 120, None),
        ("x" * 300, "name_long"),
        ("", "name_empty"),
        ("  \u200b ", "name_empty"),
        ("\u202egnp.exe", "name_hidden"),
        ("a\x07b", "name_hidden"),
        ("a\0b", "name_hidden"),
        ("\ud800x", "name_hidden"),
    ],
)
def test_names(name, code):
    problem = name_problem(normal_name(name))
    assert (problem and problem.code) == code


@pytest.mark.parametrize(
    ("host", "slug"),
    [
        ("acme.atrium.localhost:8000", "acme"),
        ("ACME.Atrium.localhost.", "acme"),
        ("atrium.localhost:8000", None),
        ("a.b.atrium.localhost", None),
        ("acme.example.com", None),
        (".atrium.localhost", None),
        ("localhost", None),
        ("[::1]:8000", None),
    ],
)
def test_hosts(host, slug):
    assert slug_of_host(host, "atrium.localhost") == slug


def test_platform_hosts():
    hosts = ("atrium.localhost:8000", "localhost:8000", "127.0.0.1", "[::1]:80")
    assert all(is_platform_host(host, "atrium.localhost") for host in hosts)
    assert not is_platform_host("acme.atrium.localhost", "atrium.localhost")
