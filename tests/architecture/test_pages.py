"""Every folder of pages is served, in the list that everything reads."""

import importlib
from pathlib import Path

from enterprise_app.core.texts import has_text
from enterprise_app.web.routes import list_pages
from enterprise_app.web.shell.page import Layout

PAGES_DIR = Path(__file__).resolve().parents[2] / "enterprise_app" / "web" / "pages"


def test_every_area_is_in_routes():
    served = {id(page) for page in list_pages(dev=True)}
    for folder in (f for f in PAGES_DIR.iterdir() if (f / "page.py").exists()):
        area = importlib.import_module(f"enterprise_app.web.pages.{folder.name}.page")
        missing = [page.route for page in area.PAGES if id(page) not in served]
        assert missing == [], f"add {folder.name} to AREAS in web/routes.py"


def test_pages_name_their_own_area():
    assert [page.route for page in list_pages(dev=True) if not (PAGES_DIR / page.area).is_dir()] == []


def test_every_page_in_the_frame_has_help():
    framed = [page for page in list_pages(dev=False) if page.layout is Layout.FRAME]
    assert [page.route for page in framed if not has_text(page.help_key)] == [], "say what the page is for: help_key"
