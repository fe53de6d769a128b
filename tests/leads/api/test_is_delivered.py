"""`is-lead-delivered`: which leads are delivered, of those that the caller sees."""

import pytest

from config.core.accounts import roles
from leads import lifecycle
from leads.api import is_delivered
from leads.models import Lead
from tests.processr.api.program import wrong

pytestmark = pytest.mark.django_db
ADDRESS = "is-lead-delivered"


@pytest.fixture
def delivered(judged, bob) -> list[Lead]:
    """Three leads, of which the first is delivered."""
    lifecycle.mark_delivered([judged[0].pk], actor=bob)
    return judged


def test_the_answer_is_by_id_and_leaves_out_what_is_unknown(delivered, program):
    first, second, third = delivered
    answer = program.post(ADDRESS, {"leads": [first.pk, str(second.pk), f"/api/v4/leads/{first.pk}", 2**40, third.lead_hash, "f" * 32]})
    assert (answer.status_code, answer.json()) == (200, {str(first.pk): True, str(second.pk): False, third.lead_hash: False})


def test_it_may_be_asked_as_often_as_one_likes(delivered, program, bob):
    body = {"leads": [lead.pk for lead in delivered]}
    assert list(program.ask("POST", ADDRESS, body, Idempotency_Key="k").json().values()) == [True, False, False]
    lifecycle.mark_delivered([delivered[1].pk], actor=bob)
    assert list(program.ask("POST", ADDRESS, body, Idempotency_Key="k").json().values()) == [True, True, False]


def test_leads_of_others_and_deleted_ones_are_not_in_it(delivered, program, program_of, bob):
    lifecycle.delete([delivered[1].pk], actor=bob)
    body = {"leads": [*(lead.pk for lead in delivered), delivered[0].lead_hash]}
    assert program_of(roles.AGENCY, member=False).post(ADDRESS, body).json() == {}
    assert len(program_of(roles.AGENCY).post(ADDRESS, body).json()) == 3
    assert str(delivered[1].pk) not in program.post(ADDRESS, body).json()


@pytest.mark.parametrize("role", roles.LABELS)
def test_it_is_open_to_those_who_flag(role, program_of):
    assert program_of(role).post(ADDRESS, {"leads": [1]}).status_code == (200 if role in roles.FLAGS_LEADS else 403)


@pytest.mark.parametrize(
    ("body", "about"),
    [({}, "leads"), ({"leads": []}, "leads"), ({"leads": 1}, "leads"), ({"leads": ["x"]}, "leads[0]"), ({"leads": [1], "x": 1}, "x")],
    ids=str,
)
def test_what_is_wrong_is_named(body, about, program):
    assert wrong(program.post(ADDRESS, body)) == {about}


def test_the_number_of_leads_is_bounded(program, monkeypatch):
    monkeypatch.setattr(is_delivered, "AT_MOST", 2)
    assert wrong(program.post(ADDRESS, {"leads": [1, 2, 3]})) == {"leads"}
