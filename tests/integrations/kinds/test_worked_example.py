"""The integration that CONTRIBUTING.md adds as an example."""

import pytest

from integrations.base import AttemptResult
from integrations.delivery.attempts import make_attempt
from tests.integrations.kinds.sending import EVENT, made, outgoing
from tests.worked_examples import faults_of, load

FILE = "integrations/kinds/text_line.py"


@pytest.fixture(autouse=True)
def text_line(monkeypatch):
    return load(FILE, "text_line", monkeypatch)


@pytest.mark.parametrize(
    ("status", "result"),
    [(201, AttemptResult.SENT), (503, AttemptResult.LATER), (422, AttemptResult.NEVER), (302, AttemptResult.NEVER)],
)
def test_it_sends_a_line_and_goes_by_the_answer(status, result, httpserver):
    httpserver.expect_request("/leads", method="POST").respond_with_data("", status=status)
    integration = made("text_line", url=httpserver.url_for("/leads"), separator="|")
    attempt, exchange = make_attempt(integration, outgoing(firstName="Anna", email="anna@example.com"))
    ((request, _),) = httpserver.log
    assert request.data.decode() == f"{EVENT}|Anna|anna@example.com"
    assert request.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert (attempt.result, attempt.status) == (result, status)
    assert exchange.sent.startswith("POST http://")


def test_a_receiver_that_is_not_there_is_tried_later():
    attempt, _ = make_attempt(made("text_line", url="http://127.0.0.1:1/leads"), outgoing(email="anna@example.com"))
    assert attempt.result is AttemptResult.LATER


def test_it_has_a_rule_and_is_written_as_the_project_writes():
    assert made("text_line", url="https://advertiser.example/leads").rule() == "Sent as one line of text"
    assert faults_of(FILE) == ""
