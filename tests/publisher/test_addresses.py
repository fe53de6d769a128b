"""The publisher API: who may call it, how often, and the answers of addresses that do not exist."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from config.core.accounts import roles
from config.core.models import AccessToken
from leads.models import Lead
from tests.intake.sender import URLENCODED

pytestmark = pytest.mark.django_db

ODD_IDS = [
    "0", "-1", "+1", "01", "1e3", "1.0", "1 ", "%201", "9999999999999999999999", str(2**63), "9" * 5000,
    "%D9%A1", "%EF%BC%91", "1%00", "%00", "1%0A", "1%2F", "abc", "", "..", "%2e%2e", "%FF", "null", "1;2", "1,2", "[1]", "1'--",
]  # fmt: skip
NEVER_AN_ID = some.text(some.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: not (text.isascii() and text.isdecimal()) and text not in {".", ".."}
)


def all_of(program) -> dict[str, object]:
    """Call each address with its method."""
    return {
        "fields": program.fields(),
        "links": program.links(),
        "leads": program.post(),
        "lead-result": program.result(2**63 - 1),
    }


@pytest.mark.parametrize("role", sorted(roles.ALL))
def test_publishers_and_those_who_manage_campaigns_may_use_it(program_of, role):
    answers = {name: answer.status_code for name, answer in all_of(program_of(role)).items()}
    admitted = role in roles.MANAGES_CAMPAIGNS | {roles.PUBLISHER}
    expected = {"fields": 200, "links": 200, "leads": 201, "lead-result": 404} if admitted else dict.fromkeys(answers, 403)
    assert answers == expected


@pytest.mark.parametrize("role", sorted(roles.MANAGES_CAMPAIGNS - roles.SEES_EVERYTHING | {roles.PUBLISHER}))
def test_for_members_of_no_party_nothing_exists(program_of, role):
    assert {answer.status_code for answer in all_of(program_of(role, member=False)).values()} == {404}


@pytest.mark.parametrize("token", ["", "wrong", "x" * 10_000, "é", "a b"])
def test_without_a_good_token_nobody_comes_in(program, token):
    program.token = token
    answers = all_of(program).values()
    assert [answer.status_code for answer in answers] == [401] * 4
    assert all(answer["WWW-Authenticate"].startswith("Bearer") for answer in answers)
    assert {tuple(answer.json()) for answer in answers} == {("error", "error_description")}
    assert not Lead.objects.exists()


def test_the_token_may_stand_in_the_query(program):
    assert program.get(f"fields/{program.campaign.pk}", token="", access_token=program.token).status_code == 200
    assert program.post(token="", access_token=program.token).status_code == 201


def test_an_expired_token_is_none(program):
    AccessToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert {answer.status_code for answer in all_of(program).values()} == {401}


def test_while_the_password_is_expired_nothing_opens(program):
    type(program.user).objects.filter(pk=program.user.pk).update(password_expired=True)
    answers = all_of(program).values()
    assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [(403, "access_denied")] * 4


def test_a_call_more_than_allowed_in_five_minutes_waits(program, allow):
    allow(all=4)
    assert [answer.status_code for answer in all_of(program).values()] == [200, 200, 201, 404]
    refused = program.fields()
    assert (refused.status_code, refused.json()["code"]) == (429, 429)
    assert 0 < int(refused["Retry-After"]) <= 300


def test_asking_for_results_has_a_limit_of_its_own(program, allow):
    allow(lead_result=2)
    assert [program.result(1).status_code for _ in range(3)] == [404, 404, 429]
    assert (program.fields().status_code, program.post().status_code) == (200, 201)


@pytest.mark.parametrize("odd", ODD_IDS)
def test_an_odd_id_in_any_place_is_a_404_in_json(program, odd):
    pk, publisher = program.campaign.pk, program.publisher.pk
    paths = [
        f"fields/{odd}", f"links/{odd}", f"{odd}/lead-result/1", f"{publisher}/lead-result/{odd}",
        f"{odd}/forms/{program.form.pk}/campaign/{pk}/leads", f"{publisher}/forms/{odd}/campaign/{pk}/leads",
        f"{publisher}/forms/{program.form.pk}/campaign/{odd}/leads",
    ]  # fmt: skip
    for path in paths:
        for answer in (program.get(path), program.raw("", URLENCODED, path=path)):
            assert (path, answer.status_code, answer.json()["code"]) == (path, 404, 404)


@pytest.mark.parametrize("path", ["/api/v2", "/api/v2.4", "/api/v2/publisher", "/api/v2.4/publisher/", "/api/v2.4/publisher/nothing"])
@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_an_address_that_is_none_is_a_404_in_json(program, path, method):
    answer = getattr(program.client, method)(path)
    assert (answer.status_code, answer.json()) == (404, {"code": 404, "message": "Not found."})


@pytest.mark.parametrize("version", ["v1", "v2.0", "v2.2", "v2.6", "v2.44", "v2x4", "v20", "v3.0", "V2.4", "2.4", "v2.4%0A", "v%D9%A2"])
def test_a_version_that_was_never_documented_does_not_exist(program, version):
    answers = [program.get(f"fields/{program.campaign.pk}", version=version), program.post(version=version)]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, 404)] * 2
    assert not Lead.objects.exists()


def test_a_slash_too_many_loses_no_lead_to_a_redirect(program):
    answer = program.post(path=program.leads_path() + "/")
    assert (answer.status_code, answer.json()["code"]) == (404, 404)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=some.sampled_from(["fields/{}", "links/{}", "{}/lead-result/1", "1/lead-result/{}", "{}/forms/1/campaign/1/leads"]),
    odd=NEVER_AN_ID,
)
def test_no_text_in_place_of_an_id_is_more_than_not_found(program, place, odd):
    answer = program.client.post(f"/api/v2.5/publisher/{place.format(quote(odd, safe=''))}")
    assert (answer.status_code, answer.json()["code"]) == (404, 404)


def test_reading_writes_nothing(program):
    lead = program.lead(program.post())
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        assert [answer.status_code for answer in (program.fields(), program.links(), program.result(lead))] == [200, 200, 202]
        assert program.post().status_code == 500
        transaction.set_rollback(True)
