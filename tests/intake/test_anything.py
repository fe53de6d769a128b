"""Arbitrary posts: the answer is clear, and a refusal leaves nothing behind."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from leads.models import Lead, TallyDelta
from tests.intake.sender import JAMES, JSON, URLENCODED

pytestmark = pytest.mark.django_db

anything = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
text = some.text(some.characters(), max_size=30)  # surrogates and NUL among them
value = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | text,
    lambda inner: some.lists(inner) | some.dictionaries(text, inner),
    max_leaves=8,  # drawing larger ones would take most of the time
)
name = some.sampled_from([*JAMES, "telephone", "company"]) | text


def check(answer, kept_before: int) -> None:
    assert answer.status_code in {201, 400, 409, 415}
    body = answer.json()
    assert body["code"] == answer.status_code
    assert body["message"]
    assert Lead.objects.count() == kept_before + (answer.status_code == 201)
    assert sum(TallyDelta.objects.values_list("n", flat=True)) == Lead.objects.count()


@anything
@given(
    form=some.dictionaries(name, value), beside=some.dictionaries(some.sampled_from(["ip", "externalId", "publisherSubId"]) | text, value)
)
def test_any_json(sender, form, beside):
    before = Lead.objects.count()
    check(sender.raw(json.dumps({"form": {**JAMES, **form}, **beside}), JSON), before)


@anything
@given(
    body=some.binary(max_size=300), content_type=some.sampled_from([JSON, URLENCODED, "multipart/form-data; boundary=b", "text/html", ""])
)
def test_any_bytes(sender, body, content_type):
    before = Lead.objects.count()
    check(sender.raw(body, content_type), before)


@anything
@given(fields=some.dictionaries(name.filter(lambda n: n.isprintable()), some.text(max_size=30).filter(lambda t: "\r" not in t)))
def test_any_text_that_is_taken_is_kept_as_it_was_sent(sender, fields):
    sent = {**JAMES, **fields}
    answers = [sender.json({"form": sent}), sender.post(sent)]
    assert answers[0].status_code == answers[1].status_code
    if answers[0].status_code == 201:
        kept = [sender.lead(answer).captured for answer in answers]
        assert kept == [{name: value.strip() for name, value in sent.items()}] * 2
