"""Leads posted with a publisher's token: which are stored, and every refusal in its order."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns import services
from config.core.accounts import roles
from leads.models import Lead
from tests.intake.sender import JAMES

pytestmark = pytest.mark.django_db

KEY = {"Idempotency-Key": "4f1c"}


def change(row, **columns) -> None:
    type(row).objects.filter(pk=row.pk).update(**columns)


def told(answer) -> tuple[int, str]:
    return answer.status_code, answer.content.decode()


def test_a_lead_is_created(program, pat):
    link = program.campaign.links.get()
    answer = program.post(linkId=link.pk)
    lead = program.lead(answer)
    assert told(answer) == (201, f'{{"data":{lead.pk},"message":"Lead was created successfully","status":201}}')
    assert (lead.campaign, lead.form, lead.publisher, lead.link) == (program.campaign, program.form, pat, link)
    assert (lead.captured, lead.email, lead.entry_point) == (JAMES, "jbutt@example.com", "publisher_api")
    assert (lead.processr_status, lead.current_status, lead.lane) == ("waiting", "pending", 0)


def test_every_wrapping_is_taken(program):
    named = {f"form[{name}]": value for name, value in JAMES.items()}
    multipart = program.client.post(f"/api/v2.4/publisher/{program.leads_path()}", named, headers=program.headers())
    answers = [program.post(), multipart, program.json({"form": JAMES}), program.json(named)]
    assert [program.lead(answer).captured for answer in answers] == [JAMES] * 4


def test_the_connection_of_a_program_says_nothing_about_the_person(program):
    silent = program.lead(program.post(headers={"User-Agent": "program/1.0"}))
    assert (silent.ip, silent.user_agent) == (None, "")
    said = program.lead(program.post(beside={"ip": "203.0.113.9", "userAgent": "Firefox", "publisherSubId": "s7"}))
    assert (said.ip, said.user_agent, said.publisher_sub_id) == ("203.0.113.9", "Firefox", "s7")


def test_the_link_may_be_left_out_or_left_empty(program):
    assert program.lead(program.post(linkId="")).link_id is None


def test_a_repeated_external_id_gives_the_first_answer_again(program):
    first, again = (program.post(beside={"externalId": "A7"}) for _ in range(2))
    assert told(first) == told(again)
    assert program.post({**JAMES, "lastName": "Other"}, beside={"externalId": "A7"}).status_code == 409
    assert Lead.objects.count() == 1


def test_a_request_sent_again_with_its_idempotency_key_is_done_once_also_under_a_new_token(program):
    first = program.post(headers=KEY)
    again = program.post(headers=KEY, token="", access_token=program.token)
    assert told(first) == told(again)
    assert program.post(headers=KEY, linkId=program.campaign.links.get().pk).status_code == 409
    assert Lead.objects.count() == 1


def test_each_user_has_idempotency_keys_of_its_own(program, program_of):
    assert program.lead(program.post(headers=KEY)) != program.lead(program_of(roles.ADMIN).post(headers=KEY))


def test_another_publisher_does_not_exist(program, rival):
    not_found = (404, '{"code":404,"message":"Publisher not found"}')
    assert told(program.post(publisher=rival)) == not_found
    assert told(program.post(publisher=2**63 - 1)) == not_found


def test_a_campaign_that_does_not_exist_is_not_found(program):
    assert told(program.post(campaign=2**63 - 1)) == (404, '{"code":404,"message":"Campaign not found"}')


def test_a_publisher_that_is_not_on_the_campaign_is_refused_and_learns_nothing_of_it(program, make_campaign):
    other = make_campaign("Other")
    other.contracts.all().delete()
    running = [program.post(campaign=other), program.post(campaign=other, form=999_999)]
    change(other, paused_at=timezone.now() - timedelta(seconds=1))
    answers = [*running, program.post(campaign=other), program.raw("{", "application/json", campaign=other)]
    assert {told(answer) for answer in answers} == {(403, '{"code":"403","error":"Publisher is not assigned to this campaign"}')}


@pytest.mark.parametrize("contract", [{"signed_at": None}, {"enabled": False}], ids=["unsigned", "disabled"])
def test_a_publisher_whose_contract_is_not_in_force_is_inactive(program, contract):
    change(program.campaign.contracts.get(), **contract)
    assert told(program.post()) == (403, '{"code":"403","error":"Publisher is inactive"}')
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    "columns", [{"paused_at": timezone.now() - timedelta(seconds=1)}, {"end": timezone.now() - timedelta(hours=1)}], ids=["paused", "ended"]
)
def test_an_inactive_campaign_takes_no_lead(program, columns):
    change(program.campaign, **columns)
    assert told(program.post()) == (403, '{"code":"403","error":"Campaign is inactive"}')
    assert not Lead.objects.exists()


@pytest.mark.parametrize("link", ["999999", "abc", "-1", "0", "1e3", "٣", "9" * 30, "1\x00"])
def test_an_unknown_link_is_not_found(program, link):
    assert told(program.post(linkId=link)) == (404, '{"code":404,"message":"Link not found"}')


def test_a_link_or_form_of_another_campaign_is_not_found(program, make_campaign, bob):
    foreign = services.create_form("Foreign", fields=[{"name": "email", "label": "E-mail"}], actor=bob)
    assert told(program.post(linkId=make_campaign().links.get().pk)) == (404, '{"code":404,"message":"Link not found"}')
    assert told(program.post(form=foreign)) == (404, '{"code":404,"message":"Form not found"}')


def test_extra_missing_and_bad_fields_are_all_told_at_once(program):
    answer = program.post({"firstName": "James", "email": "nowhere", "shoeSize": "9"})
    assert told(answer) == (
        400,
        '{"code":400,"message":"Validation failed","data":['
        '{"message":"This form should not contain extra fields."},'
        '{"fieldName":"form[lastName]","message":"This value should not be blank."},'
        '{"fieldName":"form[email]","message":"This value is not a valid email address. It has no @."}]}',
    )
    assert not Lead.objects.exists()


def test_a_body_that_is_too_large_broken_or_of_another_kind_is_refused(program):
    answers = [program.raw("x" * 600_000, "text/plain"), program.raw("{", "application/json"), program.raw("<x/>", "text/xml")]
    assert [answer.status_code for answer in answers] == [413, 400, 415]
    assert [answer.json()["code"] for answer in answers] == [413, 400, 415]
    assert not Lead.objects.exists()


def test_an_agency_posts_for_publishers_on_its_campaigns(program_of, rival, make_campaign, acme, bob):
    agency = program_of(roles.AGENCY)
    assert agency.lead(agency.post()).publisher == agency.publisher
    assert told(agency.post(publisher=rival)) == (404, '{"code":404,"message":"Publisher not found"}')
    foreign = make_campaign("Foreign")
    change(foreign, advertiser=services.create_advertiser("Stranger", actor=bob))
    assert told(agency.post(campaign=foreign)) == (404, '{"code":404,"message":"Campaign not found"}')


def test_an_admin_is_told_that_a_publisher_is_not_on_the_campaign(program_of, rival):
    assert program_of(roles.ADMIN).post(publisher=rival).status_code == 403


def test_a_post_costs_four_queries(program, django_assert_num_queries):
    with django_assert_num_queries(4):  # token, memberships, door, lead
        assert program.post().status_code == 201


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_another_method_is_refused_naming_the_right_one(program, method):
    answer = getattr(program.client, method)(f"/api/v2.4/publisher/{program.leads_path()}", headers=program.headers())
    assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")


def test_an_error_of_ours_is_told_in_the_same_shape(program, monkeypatch):
    monkeypatch.setattr("leads.api.submit.receive_lead", lambda *_, **__: 1 / 0)
    answer = program.post()
    assert (answer.status_code, answer.json()) == (500, {"code": 500, "message": ""})
