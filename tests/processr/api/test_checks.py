"""What a publisher reads of the rules it is held to, and how its own system asks whether values would pass."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import services as campaign_services
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
