"""Previews of value transforms in API v4, with leads and with given values."""

import pytest

from campaigns import services as campaigns
from config.core import enterprise
from config.core.accounts import roles
from processr.models import ValueTransform
from processr.transforms import services
from tests.cast import make_user
from tests.processr.api.program import Program, wrong
from tests.processr.transforms.making import case, definition, replace, trim

pytestmark = pytest.mark.django_db
ADDRESS = "advertiser-value-manipulate-preview"


@pytest.fixture(autouse=True)
def _enterprise_at_hand(db, _fresh_enterprise):
    enterprise.current()


@pytest.fixture
def program() -> Program:
    return Program(make_user(roles.ADMIN))


@pytest.fixture
def body(acme):
    """body(steps…, advertiser=…)"""
    return lambda *steps, **more: {"advertiser": acme.pk, "originalFieldName": "company", "config": {"steps": list(steps)}, **more}


def results(answer) -> list[dict]:
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_of_given_values_there_is_a_result_for_each(program, body):
    given = [{"company": " acme "}, {"company": ""}, {"other": "x"}, {"company": "a" * 3_000 + "!"}]
    answer = program.post(ADDRESS, body(trim(), replace("/(a|a)*$/", ""), case("upper"), values=given))
    assert answer.json()["@type"] == "AdvertiserValueManipulatePreview"
    assert [(one["newValue"], one["problem"]) for one in results(answer)] == [
        ("ACME", None), (None, None), (None, None), (None, "could not be applied: the expression takes too long"),
    ]  # fmt: skip
    assert results(answer)[0] == {"lead": None, "originalValue": " acme ", "newValue": "ACME", "problem": None}


def test_of_real_leads_they_are_named(program, body, campaign, make_leads):
    first, last = make_leads(campaign, company="Acme")[0], make_leads(campaign, company="Beta")[0]
    assert [(one["lead"], one["newValue"]) for one in results(program.post(ADDRESS, body(case("upper"), leads=[first.pk, f"/api/v4/leads/{last.pk}"])))] == [
        (f"/api/v4/leads/{first.pk}", "ACME"), (f"/api/v4/leads/{last.pk}", "BETA"),
    ]  # fmt: skip
    assert [one["newValue"] for one in results(program.post(ADDRESS, body(case("upper"))))] == ["BETA"]


def test_where_there_is_no_lead_there_is_no_result(program, body):
    assert results(program.post(ADDRESS, body(case("upper")))) == []


def test_in_a_campaign_what_its_transforms_make_can_be_read(program, body, campaign, bob):
    services.create(campaign, definition("company", "code", config={"values": {"Acme": "a1"}}), actor=bob)
    asked = body(case("upper"), originalFieldName="code", campaign=f"/api/v4/campaigns/{campaign.pk}", values=[{"company": "Acme"}])
    del asked["advertiser"]
    assert results(program.post(ADDRESS, asked)) == [{"lead": None, "originalValue": "a1", "newValue": "A1", "problem": None}]


def test_known_values_can_be_tried_as_well(program, body):
    asked = body(type="transform", config={"values": {"Acme": "A1"}}, values=[{"company": "Acme"}, {"company": "Beta"}])
    assert [one["newValue"] for one in results(program.post(ADDRESS, asked))] == ["A1", None]


@pytest.mark.parametrize(
    ("change", "about"),
    [
        ({"originalFieldName": ""}, {"originalFieldName"}),
        ({"originalFieldName": 7}, {"originalFieldName"}),
        ({"newFieldName": "n" * 81}, {"newFieldName"}),
        ({"advertiser": None}, {"advertiser"}),
        ({"advertiser": "acme"}, {"advertiser"}),
        ({"campaign": "0"}, {"campaign"}),
        ({"config": None}, {"config"}),
        ({"config": []}, {"config"}),
        ({"config": {}}, {"config.steps"}),
        ({"config": {"steps": [trim(), replace("/(/")]}}, {"config.steps[1].find"}),
        ({"config": {"steps": [{"kind": "no such"}]}}, {"config.steps[0].kind"}),
        ({"config": {"steps": [{**trim(), "x": 1}]}}, {"config.steps[0].x"}),
        ({"type": "transform"}, {"config.steps"}),
        ({"type": "transform", "config": {}}, {"config.values"}),
        ({"type": "sideways"}, {"type"}),
        ({"leads": []}, {"leads"}),
        ({"leads": [0]}, {"leads[0]"}),
        ({"leads": [1] * 21}, {"leads"}),
        ({"leads": [999_999, "/api/v4/leads/999998"]}, {"leads[0]", "leads[1]"}),
        ({"values": []}, {"values"}),
        ({"values": [{}] * 101}, {"values"}),
        ({"values": [{"company": 7}]}, {"values[0]"}),
        ({"values": [{"company": "x" * 20_001}]}, {"values[0]"}),
        ({"colour": "red"}, {"colour"}),
    ],
)
def test_what_cannot_be_is_refused_with_what_it_is_about(program, body, change, about):
    assert wrong(program.post(ADDRESS, {**body(trim()), **change})) == about
    assert ValueTransform.objects.count() == 0


@pytest.mark.parametrize("role", sorted(roles.ALL - roles.MANAGES_CAMPAIGNS))
def test_it_is_for_those_who_set_campaigns_up(body, role):
    assert Program(make_user(role)).post(ADDRESS, body(trim())).status_code == 403


def test_what_is_out_of_sight_does_not_exist(body, campaign, acme, make_leads, bob):
    agency = campaigns.create_agency("Elsewhere", advertisers=[campaigns.create_advertiser("Rival", actor=bob)], actor=bob)
    user = make_user(roles.AGENCY)
    campaigns.add_member(user, agency, actor=bob)
    make_leads(campaign)
    assert Program(user).post(ADDRESS, body(trim())).status_code == 404
    assert Program(user).post(ADDRESS, {**body(trim()), "campaign": campaign.pk}).status_code == 404


def test_who_sees_leads_masked_previews_values_of_their_own_alone(body, campaign, make_leads):
    (lead,) = make_leads(campaign, company="Secretive")
    for named in ({}, {"leads": [lead.pk]}):
        answer = Program(make_user(roles.ADMIN_MASKED)).post(ADDRESS, {**body(replace("/^.(.).*/", "$1")), **named})
        assert answer.status_code == 403
        assert "You see this lead masked" in answer.json()["hydra:description"]
    own = Program(make_user(roles.ADMIN_MASKED)).post(ADDRESS, body(case("upper"), values=[{"company": "mine"}]))
    assert [one["newValue"] for one in results(own)] == ["MINE"]


def test_it_takes_posts_only(program):
    assert program.get(ADDRESS).status_code == 405
