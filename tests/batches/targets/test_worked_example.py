"""The batch target that CONTRIBUTING.md adds as an example."""

import pytest

from batches.targets import batch_targets
from integrations.base import AttemptResult
from tests.batches.targets.conftest import CONTENT
from tests.worked_examples import faults_of, load

FILE = "batches/targets/http_put.py"


@pytest.fixture
def target(monkeypatch, httpserver):
    return load(FILE, "http_put", monkeypatch, batch_targets)({"http_put_url": httpserver.url_for("/in")})


@pytest.mark.parametrize(("status", "result"), [(201, AttemptResult.SENT), (503, AttemptResult.LATER), (403, AttemptResult.NEVER)])
def test_it_uploads_and_goes_by_the_answer(status, result, target, make_file, httpserver):
    httpserver.expect_request("/in/leads_7.csv", method="PUT").respond_with_data("No\x00 thanks", status=status)
    put = target.put(make_file())
    ((request, _),) = httpserver.log
    assert (request.data, put.result) == (CONTENT, result), put.answer
    assert put.ok or put.answer.endswith(f"refused leads_7.csv with {status}: No thanks")


def test_a_server_that_is_not_there_is_tried_later(target, make_file, httpserver):
    httpserver.stop()
    try:
        assert target.put(make_file()).result is AttemptResult.LATER
    finally:
        httpserver.start()


def test_it_is_written_as_the_project_writes():
    assert faults_of(FILE) == ""
