"""The result of a lead for its publisher: none until it is judged, then Valid or the reasons."""

import pytest

from campaigns import services
from config.core.accounts import roles
from leads import lifecycle
from leads.lifecycle import claims
from leads.models import Lead
from leads.statuses import SecondCheck
from tests.intake.sender import JAMES
from tests.leads.acts import verdict

pytestmark = pytest.mark.django_db

NO_LEAD = b'{"code":404,"message":"Lead not found"}'
FAILED = [{"id": 7, "label": "Test Data", "reason": "The word 'test' appears in firstName"}]
REASONS = ["The word 'test' appears in firstName"]


@pytest.fixture
def lead(program) -> Lead:
    return program.lead(program.post())


@pytest.fixture
def judge(campaign):
    """judge("invalid"): every waiting lead of the campaign, by one failed job unless it is found Valid."""

    def by(qa_status: str) -> None:
        claim = claims.claim(campaign.pk, limit=500)
        found = {} if qa_status == "valid" else {"qa_result": {"qaReasons": REASONS, "failedJobs": FAILED}, "failed_jobs": [7]}
        lifecycle.judge([verdict(lead.pk, qa_status, enriched={"income": "high"}, **found) for lead in claim.leads], token=claim.token)

    return by


@pytest.fixture
def flag(bob):
    """flag(lead, "invalid", reason="Returned")"""
    return lambda lead, to, **why: lifecycle.flag([lead.pk], SecondCheck(to), actor=bob, **{"reason": "Returned", **why})


def test_a_lead_that_waits_or_is_in_the_works_is_not_answered_yet(program, lead, campaign):
    answers = [program.result(lead)]
    claims.claim(campaign.pk, limit=1)
    answers.append(program.result(lead))
    assert [(answer.status_code, answer.content, answer["Content-Length"]) for answer in answers] == [(202, b"", "0")] * 2


def test_a_lead_on_hold_without_a_job_is_not_judged(program, lead, bob):
    lifecycle.hold([lead.pk], reason="no_job", actor=bob)
    assert program.result(lead).status_code == 202


@pytest.mark.sql
def test_of_a_valid_lead_the_answer_is_empty(program, lead, judge):
    judge("valid")
    answer = program.result(lead)
    assert (answer.status_code, answer.content, answer["Content-Length"]) == (200, b"", "0")


@pytest.mark.parametrize("status", ["caution", "invalid"])
def test_of_any_other_the_reasons_the_failed_jobs_and_what_was_sent_are_told(program, lead, judge, status):
    judge(status)
    answer = program.result(lead)
    assert answer["Content-Type"] == "application/json"
    assert (answer.status_code, answer.json()) == (200, {"qaReasons": REASONS[0], "failedJobs": ["Test Data"], "leadData": JAMES})
    assert list(answer.json()) == ["qaReasons", "failedJobs", "leadData"]


def test_what_others_know_of_the_person_is_not_told(program, lead, judge):
    judge("invalid")
    lead.refresh_from_db()
    assert lead.enriched == {"income": "high"}
    told = program.result(lead).content.decode()
    assert "income" not in told
    assert lead.lead_hash not in told


def test_a_persons_flag_counts_more_than_the_jobs_and_its_reason_is_told_first(program, lead, judge, flag):
    judge("caution")
    flag(lead, "invalid", comment="Call Anna on 020 7946 0000")
    assert program.result(lead).json()["qaReasons"] == f"Returned; {REASONS[0]}"
    assert "Anna" not in program.result(lead).content.decode()
    flag(lead, "valid", reason="Manual QA passed")
    assert (program.result(lead).status_code, program.result(lead).content) == (200, b"")


def test_a_valid_lead_that_a_person_finds_invalid_is_answered_with_that_reason_alone(program, lead, judge, flag):
    judge("valid")
    flag(lead, "invalid")
    assert program.result(lead).json() == {"qaReasons": "Returned", "failedJobs": [], "leadData": JAMES}


def test_why_a_lead_was_deleted_and_taken_back_is_not_why_it_is_invalid(program, lead, flag, bob):
    flag(lead, "invalid")
    lifecycle.delete([lead.pk], actor=bob, reason="By mistake")
    lifecycle.restore([lead.pk], actor=bob)
    assert program.result(lead).json()["qaReasons"] == "Returned"


def test_a_lead_flagged_invalid_before_the_jobs_saw_it_is_judged(program, lead, flag):
    flag(lead, "invalid")
    assert program.result(lead).json() == {"qaReasons": "Returned", "failedJobs": [], "leadData": JAMES}


def test_several_reasons_are_one_text_and_several_jobs_a_list_of_their_labels(program, lead, judge):
    judge("invalid")
    further = {"id": 8, "label": "Free, or: not", "reason": "gmail.com, a free domain"}
    result = {"qaReasons": [*REASONS, further["reason"]], "failedJobs": [*FAILED, further]}
    Lead.objects.filter(pk=lead.pk).update(qa_result=result)
    told = program.result(lead).json()
    assert (told["qaReasons"], told["failedJobs"]) == (f"{REASONS[0]}; gmail.com, a free domain", ["Test Data", "Free, or: not"])


def test_a_lead_marked_as_test_by_hand_is_answered_by_its_judgement(program, lead, judge, flag):
    flag(lead, "test")
    assert program.result(lead).status_code == 202
    judge("valid")
    assert (program.result(lead).status_code, program.result(lead).content) == (200, b"")
    Lead.objects.filter(pk=lead.pk).update(qa_status="invalid", qa_result={"qaReasons": REASONS, "failedJobs": FAILED})
    assert program.result(lead).json() == {"qaReasons": REASONS[0], "failedJobs": ["Test Data"], "leadData": JAMES}


@pytest.mark.parametrize(
    ("columns", "is_valid"),
    [
        ({"score": 10, "max_score": 10}, True),
        ({"score": 0, "max_score": 0}, True),
        ({"score": 8, "max_score": 10}, False),
        ({"score": 10, "max_score": 10, "hardfail": True}, False),
        ({"score": 10, "max_score": 10, "errored": True}, False),
    ],
)
def test_a_lead_of_a_campaign_in_test_mode_is_answered_by_its_score(program_of, program, lead, judge, columns, is_valid):
    judge("test")
    Lead.objects.filter(pk=lead.pk).update(**columns)
    for reader in (program, program_of(roles.ADMIN)):
        answer = reader.result(lead)
        assert (answer.status_code, answer.content == b"") == (200, is_valid)


def test_a_lead_that_is_judged_again_keeps_its_result_meanwhile(program, lead, judge, bob):
    judge("invalid")
    lifecycle.requeue([lead.pk], actor=bob)
    assert program.result(lead).json()["qaReasons"] == REASONS[0]


def test_the_lead_of_another_publisher_does_not_exist(program, campaign, make_leads, rival):
    (foreign,) = make_leads(campaign, publisher=rival)
    (nobodys,) = make_leads(campaign, publisher=None)
    answers = [program.result(foreign), program.result(nobodys), program.result(2**63 - 1)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(404, NO_LEAD)] * 3


def test_a_lead_is_asked_for_under_its_own_publisher(program, lead, rival, campaign, make_leads):
    (foreign,) = make_leads(campaign, publisher=rival)
    for asked in (lead, foreign):
        answer = program.result(asked, rival)
        assert (answer.status_code, answer.content) == (404, b'{"code":404,"message":"Publisher not found"}')


def test_a_user_of_two_publishers_names_the_right_one(program, lead, rival, bob):
    services.add_member(program.user, rival, actor=bob)
    assert (program.result(lead).status_code, program.result(lead, rival).content) == (202, NO_LEAD)


def test_a_deleted_lead_does_not_exist(program, lead, judge, bob):
    judge("invalid")
    lifecycle.delete([lead.pk], actor=bob)
    assert (program.result(lead).status_code, program.result(lead).content) == (404, NO_LEAD)


@pytest.mark.parametrize("role", [roles.ADMIN, roles.SUPER, roles.AGENCY])
def test_those_who_manage_the_campaign_read_it_too(program_of, lead, judge, role):
    judge("invalid")
    assert program_of(role).result(lead).json()["leadData"] == JAMES


def test_an_agency_does_not_see_the_leads_of_foreign_campaigns(program_of, lead, bob):
    agency = program_of(roles.AGENCY)
    type(lead.campaign).objects.update(advertiser=services.create_advertiser("Stranger", actor=bob))
    assert agency.result(lead).status_code == 404


def test_who_sees_leads_masked_reads_the_result_masked(program_of, lead, judge):
    judge("invalid")
    assert program_of(roles.ADMIN_MASKED).result(lead).json()["leadData"] == {
        "firstName": "J••••", "lastName": "B••••", "email": "j••••",
    }  # fmt: skip


@pytest.mark.parametrize("status", ["", "valid", "invalid"])
def test_asking_costs_two_queries(program, lead, judge, status, django_assert_num_queries):
    if status:
        judge(status)
    with django_assert_num_queries(2):  # token, lead
        program.result(lead)


def test_asking_for_a_flagged_lead_costs_no_more(program, lead, judge, flag, django_assert_num_queries):
    judge("invalid")
    flag(lead, "invalid")
    with django_assert_num_queries(2):
        program.result(lead)
