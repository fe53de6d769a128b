"""HTTP Post with arbitrary settings, values and answers: nothing raises, and the request parses back to the mapping."""

import json
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.core import http
from integrations.base import Attempt, AttemptResult
from integrations.delivery.payload import read_value
from integrations.kinds import http_post
from integrations.kinds.http_post import HttpPost, HttpPostSettings
from processr.job_types.exchange import Exchange, NoAnswerKind
from tests.integrations.kinds.sending import made, outgoing, row
from tests.processr.jobs.asking import LEADS, TEXT
from tests.processr.jobs.test_every_type import parsed, settings_of
from tests.processr.planned import job
from tests.processr.providers.test_http_anything import BODIES

lenient = settings(suppress_health_check=[HealthCheck.filter_too_much])
HEADS = st.lists(st.one_of(st.sampled_from(["retry-after: 5", "Retry-After:", "retry-after: -1", ":", ""]), TEXT), max_size=3).map(
    "\n".join
)
EXCHANGES = st.builds(
    Exchange,
    sent=TEXT,
    received=st.one_of(st.builds("HTTP/1.1 200 OK\n{}\n\n{}".format, HEADS, BODIES), TEXT),
    status=st.one_of(st.none(), st.integers(0, 999)),
    problem=st.one_of(st.just(""), TEXT, st.just("x" * 999)),
    no_answer=st.one_of(st.sampled_from(["", *NoAnswerKind]), TEXT),
    began_with=st.one_of(st.none(), st.integers(100, 999)),
)
NAMES = st.sampled_from(["firstName", "email", "telephone", "company", "eventId", "leadHash", "publisherName", "nobody"])
ROWS = st.lists(
    st.builds(row, st.sampled_from(["a", "b.c", "b.d.e", "f g", "ä&=", "h[]"]), NAMES),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one["name"],
)
OPTIONAL = {
    "statuses": st.sampled_from(["2xx", "200", "409, 2xx", "302"]), "look_at": st.sampled_from(["status", "path", "text"]),
    "path": st.sampled_from(["result", "result.status", "[0]", '["a.b"]']), "passing": st.just(["valid", "200", "", "x"]),
    "failing": st.sampled_from([[], ["error"], ["é", "0"]]),
}  # fmt: skip


@lenient
@given(exchange=EXCHANGES, chosen=st.fixed_dictionaries(OPTIONAL))
def test_every_answer_comes_to_something(exchange, chosen):
    integration = made(url="https://a.example/", fields_sent=[row("a", "b")], **chosen)
    first, second = (integration.classify(exchange.storable()) for _ in range(2))
    assert isinstance(first, Attempt)
    assert first == second
    assert 0 < len(first.message) <= 300
    assert first.retry_after is None or 0 <= first.retry_after <= 7 * 86_400
    if first.result is AttemptResult.SENT:
        assert exchange.status is not None
        assert not exchange.problem


@lenient
@given(captured=LEADS, rows=ROWS, send_as=st.sampled_from(["json", "form"]))
def test_what_is_sent_parses_back_to_the_mapping(captured, rows, send_as):
    integration, one = made(url="https://a.example/{firstName}/x", send_as=send_as, fields_sent=rows), outgoing(**captured)
    integration.prepare_sending([one])
    if integration.unsendable(one):
        return
    request = integration.template.request(lambda name: read_value(one, name), integration.secret)
    wanted = {entry["name"]: read_value(one, entry["field"]) for entry in rows}
    if send_as == "json":
        assert flat(json.loads(request.body)) == wanted
    else:
        there = {name: value.encode("utf-8", errors="replace").decode() for name, value in wanted.items()}
        assert dict(parse_qsl(request.body, keep_blank_values=True)) == there
    assert request.url.startswith("https://a.example/")


@pytest.mark.django_db
@lenient
@given(data=st.data())
def test_nothing_that_can_be_set_makes_sending_or_reading_raise(data):
    """Only the connection of the client is replaced, so that its refusals happen as usual."""
    form = parsed(
        HttpPost, {"fields_sent": [row("a", "email")], "url": "https://a.example/{email}", **data.draw(settings_of(HttpPostSettings))}
    )
    if not form.is_valid():
        form = parsed(HttpPost, {"fields_sent": data.draw(ROWS), "url": "https://a.example/{email}?c={company}"})
        assert form.is_valid(), form.errors
    integration, one = HttpPost(job(config=form.cleaned_data)), outgoing(**data.draw(LEADS))
    assert len(integration.rule().splitlines()) == 1
    assert 1 <= integration.concurrency <= 32
    integration.prepare_sending([one])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(http_post.http, "request", refusing)
        exchange = integration.send(one)
    assert integration.classify(exchange.storable()).result is AttemptResult.NEVER
    assert integration.unsendable(one) or exchange.problem == "Not today."


def refusing(method, url, **_):
    http.target_of(url)
    assert method in {"POST", "PUT", "PATCH"}
    raise http.AddressRefused("Not today.")


def flat(value, path: str = "") -> dict[str, str]:
    if not isinstance(value, dict):
        return {path: value}
    return {name: text for key, inner in value.items() for name, text in flat(inner, f"{path}.{key}" if path else key).items()}
