"""Validation List Check: on the list or not, in every way of comparing, in one query."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from campaigns import services as campaigns
from config.core.errors import DomainError
from leads.models import Lead
from leads.values.texts import fold
from processr.engine import scheduler
from processr.job_types.lead import JobInput
from processr.job_types.outcomes import Outcome, OutcomeKind
from processr.jobs.quality.validation_list import LIST_GONE, ValidationListCheck
from processr.lists import services
from processr.lists.lookup import SEARCHED
from processr.models import Event, Job, ValidationList
from tests.processr import planned
from tests.processr.jobs.asking import TEXT

pytestmark = pytest.mark.django_db
PASSED, FAILED = OutcomeKind.PASSED, OutcomeKind.FAILED


def ask(listed, value: str, *, advertiser_id: int = 1, **config) -> Outcome:
    lead = planned.lead(company=value)
    check = ValidationListCheck(
        planned.job(type="suppression_list", label="Who may have it", config={"list": listed.pk, "field": "company", **config})
    )
    job_input = JobInput(campaign_id=1, advertiser_id=advertiser_id, leads=[lead], chunk=[lead])
    check.prepare(job_input)
    return check.check(lead)


@pytest.fixture
def accounts(make_list) -> ValidationList:
    return make_list("Acme", "Straße 1", "@example.com", "GmbH", name="Accounts")


@pytest.mark.parametrize(
    ("value", "match", "on"),
    [
        ("Acme", "exact", True),
        (" aCME ", "exact", True),
        ("STRASSE 1", "exact", True),
        ("Acme Inc", "exact", False),
        ("x" * 501, "exact", False),
        ("Acme Inc", "starts", True),
        ("acme", "starts", True),
        ("The Acme", "starts", False),
        ("jo@EXAMPLE.com", "ends", True),
        ("jo@example.com.evil", "ends", False),
        ("Beispiel gmbh ", "ends", True),
        ("x" * 9_000 + "@example.com", "ends", True),
        ("The ACME company", "contains", True),
        ("Ac me", "contains", False),
        ("x" * (SEARCHED - 4) + "acme", "contains", True),
        ("x" * (SEARCHED - 3) + "acme", "contains", False),
        ("\ud800Ac\x00me", "contains", True),
    ],
)
@pytest.mark.parametrize("rule", ["pass", "fail"])
def test_a_value_is_on_the_list_or_it_is_not(accounts, value, match, on, rule):
    outcome = ask(accounts, value, match=match, rule=rule)
    assert outcome.kind is (PASSED if on == (rule == "pass") else FAILED)


@pytest.mark.parametrize("match", ["exact", "starts", "ends", "contains"])
@pytest.mark.parametrize("value", ["", "  ", "\u00a0"])
@pytest.mark.parametrize("trim", [True, False])
def test_an_empty_value_fails_where_it_must_be_on_the_list_and_passes_where_it_must_not(accounts, match, value, trim):
    failed = ask(accounts, value, match=match, rule="pass", trim=trim)
    assert failed.reason == "company is empty"
    assert ask(accounts, value, match=match, rule="fail", trim=trim).kind is PASSED


@pytest.mark.parametrize(
    ("value", "match", "on"),
    [("Acme", "exact", True), ("acme", "exact", False), ("Acme Inc", "starts", True), ("ACME Inc", "starts", False),
     ("a GmbH", "ends", True), ("a gmbh", "ends", False), ("an Acme", "contains", True), ("an acme", "contains", False)],
)  # fmt: skip
def test_where_case_counts_it_counts(accounts, value, match, on):
    assert (ask(accounts, value, match=match, case_sensitive=True).kind is PASSED) == on


def test_spaces_count_where_they_are_not_taken_off(accounts):
    assert ask(accounts, " acme", trim=False).kind is FAILED
    assert ask(accounts, "acme", trim=False).kind is PASSED


def test_the_reason_says_what_is_wrong_without_the_value_or_the_list(accounts):
    outcome = ask(accounts, "Secret Corp")
    assert (outcome.reason, outcome.field, outcome.value) == ("company is not on the validation list “Accounts”", "company", "Secret Corp")
    assert ask(accounts, "acme", rule="fail").reason == "company is on the validation list “Accounts”"
    assert ask(accounts, "x", match="ends").reason == "company does not end with a value of the validation list “Accounts”"


@pytest.mark.parametrize(
    ("config", "rule"),
    [
        ({}, "No validation list is chosen yet"),
        ({"field": "company"}, "The field company is on the validation list “Accounts”"),
        ({"field": "company", "rule": "fail"}, "The field company is not on the validation list “Accounts”"),
        (
            {"field": "email", "match": "ends", "rule": "fail"},
            "The field email does not end with a value of the validation list “Accounts”",
        ),
    ],
)
def test_its_rule_is_told_in_words_with_the_name_of_the_list(accounts, config, rule):
    config = config and {"list": accounts.pk, **config}
    assert ValidationListCheck(planned.job(type="suppression_list", label="Who may have it", config=config)).rule() == rule


def test_the_rule_names_no_list_that_the_campaign_may_not_use(campaign, make_list, bob):
    theirs = make_list("Acme", name="Theirs", advertiser=campaigns.create_advertiser("Other", actor=bob))
    job = Job.objects.create(campaign=campaign, type="suppression_list", category="quality", label="L", config={})
    config = {"list": theirs.pk, "field": "company"}
    assert ValidationListCheck(planned.job(id=job.pk, config=config)).rule() == "The field company is on the validation list"
    theirs.advertiser = campaign.advertiser
    theirs.save(update_fields=["advertiser"])
    assert ValidationListCheck(planned.job(id=job.pk, config=config)).rule() == "The field company is on the validation list “Theirs”"


def test_a_list_that_is_gone_or_anothers_could_not_be_checked(accounts, make_list, acme, bob, admin):
    theirs = make_list("Acme", name="Theirs", advertiser=acme)
    assert ask(theirs, "acme", advertiser_id=acme.pk).kind is PASSED
    for outcome in (ask(theirs, "acme", advertiser_id=acme.pk + 1), ask(theirs, "", advertiser_id=acme.pk + 1, rule="fail")):
        assert (outcome.kind, outcome.reason) == (OutcomeKind.ERROR, LIST_GONE)
    services.delete_list(accounts.pk, who=admin, actor=bob)
    assert ask(accounts, "acme").kind is OutcomeKind.ERROR


@given(
    value=st.one_of(TEXT, st.text(), st.sampled_from(["Acme", "jo@example.com", "x" * 5_000])),
    match=st.sampled_from(["exact", "starts", "ends", "contains"]), case=st.booleans(), trim=st.booleans(),
)  # fmt: skip
def test_on_any_value_it_answers_and_one_rule_is_the_others_contrary(accounts, value, match, case, trim):
    one, other = (ask(accounts, value, match=match, case_sensitive=case, trim=trim, rule=rule) for rule in ("pass", "fail"))
    assert {one.kind, other.kind} == {PASSED, FAILED}


@given(
    values=st.lists(st.text(st.sampled_from("abAB \u0301ß"), min_size=1, max_size=3), min_size=1, max_size=4),
    value=st.text(st.sampled_from("abAB \u0301ßs"), max_size=8),
)
def test_what_the_database_finds_is_what_comparing_letter_by_letter_finds(bob, values, value):
    """Against a plain reading of the rule in Python."""
    values = [one for one in values if one.strip()] or ["a"]
    listed, _ = ValidationList.objects.get_or_create(name="Property")
    listed.values.all().delete()
    services.add_values(listed, values, actor=bob)
    keys, key = {fold(one) for one in values}, fold(value)
    expected = {
        "exact": key in keys,
        "starts": any(key.startswith(one) for one in keys),
        "ends": any(key.endswith(one) for one in keys),
        "contains": any(one in key for one in keys),
    }
    assert {match: ask(listed, value, match=match).kind is PASSED for match in expected} == (
        expected if key else dict.fromkeys(expected, False)
    )


NUMBERS = [
    "+44 20 7946 0777", "(+44) 20 7946 0777", "tel:+44-20-7946-0777", "0044 20 7946 0777", "+44 (0)20 7946 0777", "+44 20 7946 0777 ext 12",
    "\u202a+44 20 7946 0777", "＋４４２０７９４６０７７７", "442079460777",
]  # fmt: skip


def ask_phone(listed, value: str, *, field: str = "mobilePhone", country: str = "", **config) -> bool:
    lead = planned.lead(**{field: value, "country": country})
    check = ValidationListCheck(planned.job(type="suppression_list", label="Numbers", config={"list": listed.pk, "field": field, **config}))
    job_input = JobInput(campaign_id=1, advertiser_id=1, leads=[lead], chunk=[lead])
    check.prepare(job_input)
    return check.check(lead).kind is PASSED


@pytest.mark.sql
@pytest.mark.parametrize("listed_as", [*NUMBERS[:4], "020 7946 0777"])
def test_a_telephone_number_is_on_the_list_however_both_are_written(make_list, listed_as):
    listed = make_list(listed_as, "Acme", "2026-01-31")
    for value in [*NUMBERS, "020 7946 0777", "(020) 7946-0777"]:
        assert ask_phone(listed, value, country="England"), value
    for value in ("+44 20 7946 0778", "tel:+44-20-7946-0778", "020 7946 0778", "20794607"):
        assert not ask_phone(listed, value, country="England")
    assert not ask_phone(listed, "020 7946 0777", country="Atlantis") or listed_as == "020 7946 0777"
    assert ask_phone(listed, NUMBERS[0], field="contact") == (listed_as != "020 7946 0777"), (
        "with its country code a number is one in any field"
    )


def test_numbers_of_another_kind_are_not_compared_as_telephones(make_list):
    listed = make_list("1/12/2026", "10.5", "12345-678")
    for value in ("11/2/2026", "1-12-2026", "105", "1234 5678"):
        assert not ask_phone(listed, value, field="code")
        assert ask_phone(listed, value) == (value in ("1-12-2026", "11/2/2026", "1234 5678", "105"))


@pytest.mark.parametrize("beginning", ["+44", "+44 20", "0044 20"])
def test_a_number_begins_with_one_of_the_list_however_it_is_written(make_list, beginning):
    listed = make_list(beginning)
    assert all(ask_phone(listed, value, match="starts", country="GB") for value in (*NUMBERS, "020 7946 0777"))
    assert not ask_phone(listed, "+49 30 901820", match="starts")


# On a campaign


def test_a_list_is_chosen_from_those_of_the_system_and_of_the_campaigns_advertiser(make_list, campaign, acme, bob):
    other = campaigns.create_advertiser("Other", actor=bob)
    system, own = make_list(name="System"), make_list(name="Own", advertiser=acme, private=True)
    theirs = make_list(name="Theirs", advertiser=other)
    form = ValidationListCheck.settings_form(campaign=campaign)
    assert form.fields["list"].choices == [("", "Choose a list"), (own.pk, "Own"), (system.pk, "System (system)")]
    for listed, fine in ((system, True), (own, True), (theirs, False)):
        settings = {"list": listed.pk, "field": "x", "rule": "pass", "match": "exact"}
        assert ("list" not in ValidationListCheck.settings_form(settings, campaign=campaign).errors) == fine


def test_a_job_with_a_list_of_somebody_else_is_refused(make_list, campaign, add_job, bob):
    theirs = make_list(advertiser=campaigns.create_advertiser("Other", actor=bob))
    with pytest.raises(DomainError) as refused:
        add_job(campaign, "suppression_list", config={"list": theirs.pk, "field": "company"})
    assert refused.value.field == "list"


def judged(campaign, make_leads, *companies: str) -> list[Lead]:
    leads = [make_leads(campaign, company=company)[0] for company in companies]
    scheduler.process_turn(campaign.pk, 0)
    return [Lead.objects.get(pk=lead.pk) for lead in leads]


@pytest.mark.sql
def test_leads_are_judged_by_what_is_on_the_list_at_that_moment(campaign, make_leads, add_job, accounts, bob):
    add_job(campaign, "suppression_list", config={"list": accounts.pk, "field": "company"})
    assert [lead.qa_status for lead in judged(campaign, make_leads, "acme", "other")] == ["valid", "invalid"]
    services.add_values(accounts, ["Other"], actor=bob)
    assert [lead.qa_status for lead in judged(campaign, make_leads, "other")] == ["valid"]


def test_a_list_that_is_gone_makes_the_lead_errored_and_nothing_else(campaign, make_leads, add_job, accounts):
    job = add_job(campaign, "suppression_list", label="Accounts", config={"list": accounts.pk, "field": "company"})
    type(job).objects.filter(pk=job.pk).update(enabled=True)
    ValidationList.objects.all().delete()
    (lead,) = judged(campaign, make_leads, "acme")
    assert (lead.errored, lead.qa_status) == (True, "caution")
    assert Event.objects.get(lead_id=lead.pk).steps[0]["reason"] == LIST_GONE


def looked_up(campaign, make_leads, n: int) -> int:
    for number in range(n):
        make_leads(campaign, company=f"Company {number}", city=f"City {number}")
    with CaptureQueriesContext(connection) as caught:
        scheduler.process_turn(campaign.pk, 0)
    return sum("processr_validationlist" in query["sql"] for query in caught)


def test_one_query_for_a_chunk_whatever_the_number_of_leads_jobs_lists_and_values(campaign, make_leads, add_job, make_list, bob):
    lists = [make_list(*(f"company {n}" for n in range(many)), name=f"List {many}") for many in (1, 200)]
    add_job(campaign, "suppression_list", config={"list": lists[0].pk, "field": "company"})
    assert looked_up(campaign, make_leads, 2) == 1
    for number, match in enumerate(("exact", "starts", "ends", "contains") * 3):
        add_job(
            campaign, "suppression_list", config={"list": lists[number % 2].pk, "field": ("company", "city")[number % 2], "match": match}
        )
    assert looked_up(campaign, make_leads, 50) == 1


def test_jobs_that_share_a_look_up_keep_apart(campaign, make_leads, add_job, make_list):
    one, other = make_list("a", name="One"), make_list("b", name="Other")
    jobs = [
        add_job(campaign, "suppression_list", config={"list": listed.pk, "field": field, "match": match})
        for listed, field, match in (
            (one, "company", "exact"),
            (other, "company", "starts"),
            (one, "city", "exact"),
            (other, "city", "contains"),
        )
    ]
    (lead,) = make_leads(campaign, company="bc", city="a")
    scheduler.process_turn(campaign.pk, 0)
    lead.refresh_from_db()
    assert lead.failed_jobs == [jobs[0].pk, jobs[3].pk]
