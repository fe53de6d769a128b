"""Rules that publishers read in API v4, and checks of values against them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns import services as campaign_services
from campaigns.models import Campaign
from config.core.accounts import roles
from processr import services
from processr.models import Job
from tests.processr.api.program import Program, wrong

JOBS = "campaign-processr-jobs"


@pytest.fixture
def publisher(program_of) -> Program:
    return program_of(roles.PUBLISHER)


@pytest.fixture
def on_list(campaign, add_job, make_list) -> Job:
    """Company must be Acme or Beta."""
    return add_job(campaign, "suppression_list", label="Key accounts", config={"list": make_list("Acme", "Beta").pk, "field": "company"})


def check(program: Program, job: Job, values) -> list[bool | None]:
    answer = program.post(f"{JOBS}/{job.pk}/check", {"values": values})
    assert answer.status_code == 200, answer.content
    results: list[bool | None] = answer.json()["results"]
    return results


def test_values_are_checked_as_the_job_would_check_them(publisher, on_list):
    assert check(publisher, on_list, ["acme", "Beta ", "Gamma", "", "Acme"]) == [True, True, False, False, True]


def test_a_list_to_be_kept_out_turns_the_answer_round(publisher, on_list, bob):
    services.update_job(on_list.pk, actor=bob, changes={"config": {"rule": "fail"}})
    assert check(publisher, on_list, ["Acme", "Gamma", ""]) == [False, True, True]


def test_a_simple_condition_is_asked_in_the_same_way(publisher, campaign, add_job):
    job = add_job(campaign, "simple_conditional_validation", config={"field": "country", "operator": "EQUAL", "values": ["GB", "IE"]})
    assert check(publisher, job, ["GB", "FR", "IE"]) == [True, False, True]
    assert [record["id"] for record in publisher.members(JOBS)] == [job.pk]


def test_a_thousand_values_cost_no_more_queries_than_one(publisher, on_list):
    def queries(values) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert len(check(publisher, on_list, values)) == len(values)
        return len(captured)

    assert queries(["Acme"]) == queries([f"Company {n}" for n in range(1000)])


@pytest.mark.parametrize(
    "values", [None, "Acme", [], ["x"] * 1001, [1], [None], [["Acme"]], [{"value": "Acme"}], ["x" * 2001], {"0": "Acme"}, True],
)  # fmt: skip
def test_what_are_no_values_is_refused(publisher, on_list, values):
    assert wrong(publisher.post(f"{JOBS}/{on_list.pk}/check", {"values": values})) == {"values"}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"values": ["\\u0000"]}', b'{"values": ["\\ud800"]}', b'{"values": ' + b"[" * 5000])
def test_a_body_that_is_none_is_refused(publisher, on_list, body):
    wrong(publisher.ask("POST", f"{JOBS}/{on_list.pk}/check", body))


def test_odd_values_are_answered_too(publisher, on_list):
    odd = ["\u202eAcme", "🙂", " " * 2000, "%", "a" * 2000, "Ａcme", "\t\n", "' OR 1=1 --", "\x1b", "İ"]
    assert len(check(publisher, on_list, odd)) == len(odd)


def test_asking_value_by_value_has_a_limit_of_its_own(publisher, on_list, allow):
    allow(checks=2)
    assert [publisher.post(f"{JOBS}/{on_list.pk}/check", {"values": ["x"]}).status_code for _ in range(3)] == [200, 200, 429]
    assert publisher.get(JOBS).status_code == 200


def statuses(program: Program, job: Job, *batches: list[str]) -> list[int]:
    return [program.post(f"{JOBS}/{job.pk}/check", {"values": batch}).status_code for batch in batches]


@pytest.fixture
def five_a_day(campaign, allow):
    allow()
    Campaign.objects.filter(pk=campaign.pk).update(checked_values_per_day=5)


ODD = (
    "Acme",
    "acme",
    " Acme",
    "Ａcme",
    "\u202eAcme",
    "🙂",
    "",
    " ",
    "İ",
    "ß",
    "SS",
    "a" * 2000,
    "' OR 1=1",
    "%",
    "\t",
    "0",
    "é",
    "e\u0301",
    "null",
    "ＡＣＭＥ",
)


def test_a_list_cannot_be_read_out_in_a_day_and_what_was_asked_before_costs_nothing(publisher, on_list, five_a_day):
    assert statuses(publisher, on_list, ["a", "b"], ["c", "a", "a"], ["d"], ["e"]) == [200] * 4
    refused = publisher.post(f"{JOBS}/{on_list.pk}/check", {"values": ["f"]})
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 24 * 3600 + 1
    assert "At most 5 different values" in refused.json()["hydra:description"]
    assert statuses(publisher, on_list, ["a"], ["b", "c", "d", "e"], ["e"] * 1000) == [200] * 3, "a program that repeats itself goes on"


def test_a_batch_that_goes_beyond_the_limit_is_refused_as_a_whole_and_counts_nothing(publisher, on_list, five_a_day):
    assert statuses(publisher, on_list, ["a", "b", "c"], ["d", "e", "f"], ["d", "e"], ["f"]) == [200, 429, 200, 429]


def test_every_spelling_is_a_value(publisher, on_list, campaign, allow):
    allow()
    Campaign.objects.filter(pk=campaign.pk).update(checked_values_per_day=len(ODD))
    assert len(set(ODD)) == len(ODD) == 20
    assert statuses(publisher, on_list, *([value] for value in ODD), list(ODD), ["one more"]) == [200] * 21 + [429]


def test_the_count_is_each_users_own_for_each_job_and_each_day(publisher, program_of, on_list, campaign, add_job, five_a_day, time_machine):
    config = {"field": "country", "operator": "EQUAL", "values": ["GB"]}
    other_job = add_job(campaign, "simple_conditional_validation", config=config)
    values = ["a", "b", "c", "d", "e"]
    assert statuses(publisher, on_list, values, ["f"]) == [200, 429]
    assert statuses(publisher, other_job, values, ["f"]) == [200, 429]
    assert statuses(program_of(roles.ADMIN), on_list, values, ["f"]) == [200, 429]
    time_machine.move_to(timezone.now() + timedelta(days=1))
    tomorrow = Program(publisher.user)
    assert statuses(tomorrow, on_list, ["f"]) == [200]


def test_without_the_server_that_counts_nobody_is_refused(publisher, on_list, five_a_day, settings):
    settings.CELERY_BROKER_URL = "redis+socket:///nowhere/s.sock"
    assert statuses(publisher, on_list, *([str(n)] for n in range(8))) == [200] * 8


def test_values_that_are_refused_or_asked_of_another_kind_of_job_are_not_counted(
    publisher, program, on_list, campaign, add_job, five_a_day
):
    other = add_job(campaign, "test_data")
    assert statuses(program, other, *([str(n)] for n in range(8))) == [409] * 8
    assert statuses(publisher, on_list, ["x" * 2001, "a"], ["a", "b", "c", "d", "e"]) == [400, 200]


def test_other_jobs_cannot_be_asked(publisher, program, campaign, add_job):
    job = add_job(campaign, "test_data")
    assert publisher.post(f"{JOBS}/{job.pk}/check", {"values": ["x"]}).status_code == 404
    assert wrong(program.post(f"{JOBS}/{job.pk}/check", {"values": ["x"]}), 409) == set()


def test_a_list_that_is_gone_leaves_every_answer_open(publisher, on_list):
    Job.objects.update(config={**on_list.config, "list": 999_999})
    assert check(publisher, on_list, ["Acme"]) == [None]


def test_a_publisher_reads_the_rule_and_nothing_of_how_it_counts(publisher, on_list, add_job, campaign):
    add_job(campaign, "test_data")
    (record,) = publisher.members(JOBS)
    assert set(record) == {"@id", "@type", "id", "label", "campaign", "processrJob", "config", "rule", "updatedTs"}
    assert record["rule"]
    assert publisher.get(f"{JOBS}/{on_list.pk}").json()["label"] == "Key accounts"


@pytest.mark.parametrize("change", [{"visible": False}, {"enabled": False}, None])
def test_a_rule_that_is_hidden_switched_off_or_removed_is_no_rule(publisher, on_list, bob, change):
    if change:
        services.update_job(on_list.pk, actor=bob, changes=change)
    else:
        services.remove_job(on_list.pk, actor=bob)
    assert publisher.members(JOBS) == []
    assert [
        publisher.get(f"{JOBS}/{on_list.pk}").status_code,
        publisher.post(f"{JOBS}/{on_list.pk}/check", {"values": ["x"]}).status_code,
    ] == [404, 404]


def test_a_publisher_without_a_contract_finds_nothing(program_of, on_list, bob):
    stranger = program_of(roles.PUBLISHER, member=False)
    campaign_services.add_member(stranger.user, campaign_services.create_publisher("Rival", actor=bob), actor=bob)
    assert stranger.members(JOBS) == []
    assert stranger.post(f"{JOBS}/{on_list.pk}/check", {"values": ["Acme"]}).status_code == 404


@pytest.mark.parametrize("role", sorted(roles.ALL - roles.MANAGES_CAMPAIGNS - {roles.PUBLISHER}))
def test_others_may_not_ask(program_of, on_list, role):
    assert wrong(program_of(role).post(f"{JOBS}/{on_list.pk}/check", {"values": ["x"]}), 403) == set()
