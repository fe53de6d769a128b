"""HTTP Enrichment: values of the answer become fields, and missing ones none."""

import json

import pytest

from processr.job_types.outcomes import Enriched, enriched, error, skipped
from processr.jobs.http import call as calls
from tests.core.outbound.servers import reply
from tests.processr.planned import lead

pytestmark = pytest.mark.usefixtures("db")
TAKEN = [
    {"path": "company.name", "field": "companyName"},
    {"path": "company.staff", "field": "employees"},
    {"path": "tags", "field": "tags"},
]
KNOWN = {"company": {"name": "Navy \x00", "staff": 1200, "secret": 5}, "tags": ["gov", "sea"], "token": "x"}


@pytest.fixture
def given(serve):
    """given(answer): settings for a provider that always answers so."""

    def start(answer: bytes):
        def script(line):
            while True:
                server.head(line)
                line.sendall(answer)

        server = serve(script)
        return {"url": f"{server.url}/{{email}}", "taken": TAKEN, "keep_minutes": 0, "tries": 1, "seconds": 1}

    return start


@pytest.mark.parametrize(
    ("answer", "enriched"),
    [
        (reply(json.dumps(KNOWN).encode()), enriched({"companyName": "Navy", "employees": "1200", "tags": "gov, sea"})),
        (reply(b'{"company": {"name": "Navy", "staff": null}, "tags": []}'), enriched({"companyName": "Navy"})),
        (reply(b"{}"), enriched({})), (reply(b"[]"), enriched({})), (reply(b"null"), enriched({})), (reply(b"", status="204 No Content"), enriched({})),
        (reply(b"nobody", status="404 Not Found"), enriched({})), (reply(b"gone", status="410 Gone"), enriched({})),
        (reply(b"<html>"), Enriched(error(calls.NOT_READ))), (reply(b"{}", status="400 Bad"), Enriched(error(calls.NOT_READ))),
        (reply(b"{}", status="401 No"), Enriched(error(calls.REFUSED_US))), (reply(b"{}", status="503 Busy"), Enriched(error(calls.BUSY))),
        (b"", Enriched(error(calls.NO_ANSWER))),
    ],
)  # fmt: skip
def test_what_the_provider_knows_is_taken(ask, given, anna, answer, enriched):
    assert ask("http_enrichment", [anna], **given(answer)) == [enriched]


def test_not_found_is_an_error_where_it_is_set_so(ask, given, anna):
    assert ask("http_enrichment", [anna], **given(reply(status="404 None")), unknown_is_fine=False) == [Enriched(error(calls.NOT_READ))]


def test_a_lead_without_what_is_asked_about_is_not_asked_about(ask, given):
    assert ask("http_enrichment", [lead(email="")], **given(reply(b"{}"))) == [Enriched(skipped(calls.NOTHING_TO_ASK))]
