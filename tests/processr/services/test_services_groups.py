"""Services of job groups, their conditions, and the order of jobs."""

import pytest

from campaigns.models import Campaign
from config.core.errors import DomainError
from config.core.models import AuditEntry
from leads.models import Lead
from processr import services
from processr.engine import scheduler
from processr.models import GroupCondition, Job, JobGroup
from processr.plans import current_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def jobs(campaign, add_job) -> list[Job]:
    return [add_job(campaign, "first_last_name_match", label=label, stage=stage) for label, stage in (("A", 10), ("B", 20), ("C", 30))]


@pytest.fixture
def group(campaign, bob) -> JobGroup:
    return services.create_group(campaign, name="By region", score=40, actor=bob)


def number(campaign) -> int:
    return Campaign.objects.get(pk=campaign.pk).plan_number


def test_a_group_with_conditions_decides_which_of_its_jobs_runs(campaign, jobs, group, make_leads, bob):
    services.put_in_group([job.pk for job in jobs[:2]], group, actor=bob)
    services.set_conditions(jobs[0].pk, [{"field": "country", "values": "GB; IE;"}], actor=bob)
    services.set_conditions(jobs[1].pk, [{"field": "country", "values": ["US"]}], actor=bob)
    assert list(GroupCondition.objects.order_by("pk").values_list("field", "values")) == [("country", ["GB", "IE"]), ("country", ["US"])]
    assert [len(job.conditions) for job in current_plan(campaign.pk).jobs] == [1, 1, 0]
    (lead,) = make_leads(campaign, country="ie", firstName="Kim", lastName="Kim")
    scheduler.serve_campaigns(seconds=5)
    judged = Lead.objects.get(pk=lead.pk)
    assert (judged.failed_jobs, judged.max_score) == ([jobs[0].pk, jobs[2].pk], 50)


def test_every_change_of_groups_is_audited_and_makes_a_new_plan(campaign, jobs, group, bob):
    numbers = [number(campaign)]
    acts = [
        lambda: services.put_in_group([jobs[0].pk], group, actor=bob),
        lambda: services.set_conditions(jobs[0].pk, [{"field": "x", "values": ["1"]}], actor=bob),
        lambda: services.update_group(group.pk, name="Regions", score=5, actor=bob),
        lambda: services.put_in_group([jobs[0].pk], None, actor=bob),
        lambda: services.remove_group(group.pk, actor=bob),
        lambda: services.reorder_jobs(campaign, [jobs[2].pk, jobs[0].pk, jobs[1].pk], actor=bob),
    ]
    for act in acts:
        act()
        numbers.append(number(campaign))
    assert numbers == list(range(numbers[0], numbers[0] + 7))
    told = AuditEntry.objects.filter(campaign_id=campaign.pk).exclude(action__in=["job added"]).order_by("pk")
    assert [entry.action for entry in told if entry.page == "Processr"] == [
        "job group added", "jobs grouped", "job conditions changed", "job group changed", "jobs grouped", "job group removed", "jobs reordered",
    ]  # fmt: skip
    assert told.get(action="job group changed").before == {"name": "By region", "score": 40}
    assert told.get(action="job conditions changed").after == {"conditions": [{"field": "x", "values": ["1"]}]}
    assert told.get(action="jobs reordered").before == {"stages": {str(jobs[2].pk): 30, str(jobs[0].pk): 10, str(jobs[1].pk): 20}}


def test_what_is_as_it_was_leaves_no_trace(campaign, jobs, group, bob):
    services.put_in_group([jobs[0].pk], group, actor=bob)
    services.set_conditions(jobs[0].pk, [{"field": "x", "values": ["1"]}], actor=bob)
    before = number(campaign), AuditEntry.objects.count()
    services.put_in_group([jobs[0].pk], group, actor=bob)
    services.set_conditions(jobs[0].pk, [{"field": "x", "values": ["1"]}], actor=bob)
    services.update_group(group.pk, name=group.name, score=group.score, actor=bob)
    services.reorder_jobs(campaign, [job.pk for job in jobs], actor=bob)
    assert (number(campaign), AuditEntry.objects.count()) == before


def test_a_job_out_of_its_group_and_those_of_a_removed_one_have_no_conditions_left(jobs, group, bob):
    services.put_in_group([job.pk for job in jobs], group, actor=bob)
    for job in jobs:
        services.set_conditions(job.pk, [{"field": "x", "values": ["1"]}], actor=bob)
    services.put_in_group([jobs[0].pk], None, actor=bob)
    assert GroupCondition.objects.count() == 2
    services.remove_group(group.pk, actor=bob)
    assert (GroupCondition.objects.count(), Job.objects.filter(group=None, removed_at=None).count()) == (0, 3)
    removed = AuditEntry.objects.get(action="job group removed")
    assert removed.severity == "high"
    assert [entry["conditions"] for entry in removed.before["jobs"]] == [[{"field": "x", "values": ["1"]}]] * 2


def test_a_job_moves_to_another_group_with_its_conditions(campaign, jobs, group, bob):
    services.put_in_group([jobs[0].pk], group, actor=bob)
    services.set_conditions(jobs[0].pk, [{"field": "x", "values": ["1"]}], actor=bob)
    other = services.create_group(campaign, name="Other", actor=bob)
    services.put_in_group([jobs[0].pk], other, actor=bob)
    moved = Job.objects.get(pk=jobs[0].pk)
    assert (moved.group, moved.conditions.count()) == (other, 1)


@pytest.mark.parametrize(
    ("name", "score", "field"),
    [
        ("", 1, "name"),
        ("x" * 121, 1, "name"),
        ("\x00", 1, "name"),
        ("By region", 1, "name"),
        ("New", -1, "score"),
        ("New", "1", "score"),
        ("New", 10**7, "score"),
    ],
)
def test_groups_that_cannot_be_are_refused(campaign, group, bob, name, score, field):
    other = services.create_group(campaign, name="Other", actor=bob)
    for act in (
        lambda: services.create_group(campaign, name=name, score=score, actor=bob),
        lambda: services.update_group(other.pk, name=name, score=score, actor=bob),
    ):
        with pytest.raises(DomainError) as refused:
            act()
        assert refused.value.field == field
    assert set(JobGroup.objects.values_list("name", "score")) == {("By region", 40), ("Other", 10)}


@pytest.mark.parametrize(
    "conditions",
    [
        "x", [1], [{"field": "a"}], [{"field": "a", "values": []}], [{"field": "a", "values": " ; "}], [{"field": "", "values": "1"}],
        [{"field": "a" * 81, "values": "1"}], [{"field": "a", "values": ["x" * 501]}], [{"field": "a", "values": ["\ud800"]}],
        [{"field": "a", "values": ["Smith; Sons", "Acme"]}],
        [{"field": "a", "values": [1]}], [{"field": "a", "values": {"b": 1}}], [{"field": "a", "values": "1", "more": 1}],
        [{"field": "a", "values": "1"}] * 21, [{"field": "a", "values": [str(n) for n in range(201)]}], [{"field": ["a"], "values": "1"}],
    ],
)  # fmt: skip
def test_conditions_that_cannot_be_are_refused(jobs, group, bob, conditions):
    services.put_in_group([jobs[0].pk], group, actor=bob)
    with pytest.raises(DomainError) as refused:
        services.set_conditions(jobs[0].pk, conditions, actor=bob)
    assert refused.value.field == "conditions"
    assert not GroupCondition.objects.exists()


def test_only_a_job_of_a_group_has_conditions(jobs, bob):
    with pytest.raises(DomainError, match="put it into one first"):
        services.set_conditions(jobs[0].pk, [{"field": "x", "values": "1"}], actor=bob)


def test_a_group_holds_quality_jobs_of_its_own_campaign_only(make_campaign, campaign, jobs, group, add_job, job_type, bob):
    elsewhere = add_job(make_campaign(), "test_data")
    finder = add_job(campaign, job_type("finder", category="enrichment"))
    services.remove_job(jobs[2].pk, actor=bob)
    for ids in ([], [elsewhere.pk], [jobs[0].pk, elsewhere.pk], [finder.pk], [jobs[0].pk, jobs[2].pk], [jobs[0].pk, 999]):
        with pytest.raises(DomainError) as refused:
            services.put_in_group(ids, group, actor=bob)
        assert refused.value.field == "jobs"
    assert not Job.objects.exclude(group=None).exists()


def test_jobs_run_in_the_order_given(campaign, jobs, add_job, job_type, bob):
    finder = add_job(campaign, job_type("finder", category="enrichment"), stage=20)
    services.reorder_jobs(campaign, [jobs[2].pk, jobs[0].pk, jobs[1].pk], actor=bob)
    assert list(Job.objects.filter(category="quality").order_by("stage").values_list("label", "stage")) == [("C", 10), ("A", 20), ("B", 30)]
    assert Job.objects.get(pk=finder.pk).stage == 20


def test_an_order_that_is_not_of_all_jobs_of_a_tab_is_refused(make_campaign, campaign, jobs, add_job, job_type, bob):
    elsewhere, finder = add_job(make_campaign(), "test_data"), add_job(campaign, job_type("finder", category="enrichment"))
    a, b, c = (job.pk for job in jobs)
    for ids in ([], [a, b], [a, b, c, c], [a, a, b], [a, b, c, elsewhere.pk], [a, b, c, finder.pk], [a, b, 999]):
        with pytest.raises(DomainError) as refused:
            services.reorder_jobs(campaign, ids, actor=bob)
        assert refused.value.field == "jobs"
    assert list(Job.objects.filter(pk__in=[a, b, c]).order_by("pk").values_list("stage", flat=True)) == [10, 20, 30]
