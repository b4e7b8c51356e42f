"""EXP-12 over HTTP: the report as an attachment in a language; a language that is not there is refused."""

import httpx
import pytest

from tests.domains.experiments.test_planning_api import EVE, URL, client, draft
from tests.factories import make_context
from tests.http.conftest import HeaderEdge, edge

__all__ = ["client", "edge"]
pytestmark = pytest.mark.usefixtures("committed_db")


async def test_the_report_comes_as_a_file(client: httpx.AsyncClient, edge: HeaderEdge) -> None:
    made = await client.post(URL, json=await draft(edge, client))
    one = f"{URL}/{made.json()['id']}"
    await client.post(f"{one}/start")
    pdf = await client.get(f"{one}/report", params={"format": "pdf", "locale": "ar"})
    assert (pdf.status_code, pdf.headers["content-type"]) == (200, "application/pdf")
    assert pdf.headers["content-disposition"] == 'attachment; filename="green-button.pdf"'
    assert pdf.content.startswith(b"%PDF-")
    csv = await client.get(f"{one}/report", params={"locale": "fr"})
    assert (csv.headers["content-type"], "Personne n’a encore participé" in csv.text) == (
        "text/csv; charset=utf-8", True,
    )  # fmt: skip
    refused = await client.get(f"{one}/report", params={"format": "pdf", "locale": "tlh"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    edge.introduce("eve", make_context())
    assert (await client.get(f"{one}/report?format=pdf", headers=EVE)).status_code == 404
