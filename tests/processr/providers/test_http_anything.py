"""HTTP calls with arbitrary leads and answers: there is an outcome, and the same one each time."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.core.pg_text import is_storable
from processr.job_types.exchange import Exchange
from processr.job_types.outcomes import Enriched, Outcome
from processr.job_types.registry import job_types
from tests.processr.jobs.asking import LEADS, TEXT
from tests.processr.planned import job, job_input, lead

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.one_of(st.sampled_from(["result", "status", "a.b", "0"]), TEXT), inner, max_size=4)
    ),
    max_leaves=12,
)
BODIES = st.one_of(
    JSON.map(json.dumps), TEXT, st.text(), st.sampled_from(["", "[" * 5_000, "{" * 5_000, "1e999", "NaN", "-" * 100, "9" * 5_000])
)
EXCHANGES = st.builds(
    Exchange,
    sent=TEXT,
    received=BODIES.map(lambda body: f"HTTP/1.1 200 OK\nX: y\n\n{body}"),
    status=st.one_of(st.none(), st.integers(100, 599)),
    took_ms=st.integers(0, 10_000),
    problem=st.sampled_from(["", "Nobody answered."]),
)
PATHS = st.sampled_from(["result", "result.status", "[0]", "result[1].status", '["a.b"]', "0.0"])
ANSWER_PARTS = st.sampled_from(["path", "text", "pattern", "status"])


def made(key: str, **given):
    fields = job_types.get(key).Settings.base_fields
    return job_types.get(key)(job(type=key, config={**{name: field.initial for name, field in fields.items()}, "keep_minutes": 0, **given}))


@given(
    exchange=EXCHANGES,
    look_at=ANSWER_PARTS,
    path=PATHS,
    wanted=st.lists(st.sampled_from(["valid", "200", "true", "1", "", "x", "."]), min_size=1),
)
def test_a_check_has_an_outcome_for_every_answer(exchange, look_at, path, wanted):
    check, one = (
        made("http_check", url="https://a.example/{email}", look_at=look_at, path=path, passing=wanted, otherwise="fail"),
        lead(email="a"),
    )
    first, second = (check.judge_answer(one, exchange) for _ in range(2))
    assert isinstance(first, Outcome)
    assert first == second
    assert is_storable(first.value)
    assert len(first.value) <= 200


@given(exchange=EXCHANGES, path=PATHS)
def test_an_enrichment_has_an_outcome_for_every_answer(exchange, path):
    enrichment, one = made("http_enrichment", url="https://a.example/{email}", taken=[{"path": path, "field": "f"}]), lead(email="a")
    said = enrichment.judge_answer(one, exchange)
    assert isinstance(said, Enriched)
    assert all(is_storable(value) and value for value in said.values.values())


@given(captured=LEADS, key=st.sampled_from(["http_check", "http_enrichment"]), send_as=st.sampled_from(["query", "form", "json"]))
def test_about_every_lead_there_is_a_question_or_a_word_why_not(captured, key, send_as):
    rows = [{"name": "mail", "field": "email", "value": ""}, {"name": "c.d", "field": "company", "value": ""}]
    asks = made(key, url="https://a.example/{firstName}/x?p={telephone}", method="POST", send_as=send_as, fields_sent=rows)
    one = lead(**captured)
    chunk = job_input(one)
    asks.prepare(chunk)
    assert (asks.known_outcome(one) is None) == (one.id in asks.requests)
    for request in asks.requests.values():
        assert request.url.startswith("https://a.example/")
        assert request.url.isascii()


@pytest.mark.parametrize("key", ["http_check", "http_enrichment"])
def test_what_is_kept_of_a_call_is_not_read_as_json_twice(key):
    """A recorded answer comes with its head; the body begins after the first empty line, also where it has empty lines itself."""
    exchange = Exchange("", 'HTTP/1.1 200 OK\nX: y\n\n{"result":\n\n"valid"}', 200)
    assert json.loads(exchange.body) == {"result": "valid"}
    given = {"path": "result"} if key == "http_check" else {"taken": [{"path": "result", "field": "f"}]}
    asks, one = made(key, url="https://a.example/", **given), lead(email="a")
    said = asks.judge_answer(one, exchange)
    assert (said.kind if isinstance(said, Outcome) else said.values.get("f")) in {"passed", "valid"}
