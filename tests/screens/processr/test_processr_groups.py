"""Groups on the Processr page: putting jobs together, and the conditions of each."""

import pytest

from config.core.accounts import roles
from leads.models import Lead
from processr.engine import scheduler
from processr.models import GroupCondition, Job, JobGroup
from processr.services import add_job, create_group, put_in_group, set_conditions, update_group
from processr.services.columns import LONGEST_VALUE, MOST_VALUES
from tests.screens.processr.test_processr_configure import value
from tests.screens.processr.test_processr_page import address, seen

pytestmark = pytest.mark.django_db


@pytest.fixture
def jobs(campaign, bob) -> list[Job]:
    return [
        add_job(campaign, key, label=f"Job {key}", stage=stage, actor=bob)
        for stage, key in enumerate(("first_last_name_match", "test_data"))
    ]


def test_ticked_jobs_go_into_a_new_group_and_run_for_the_leads_their_conditions_name(campaign, jobs, reader, make_leads):
    admin = reader()
    page = admin.post(address(campaign, "/groups"), jobs=[str(job.pk) for job in jobs], into="new", name="Regions", score="60")
    assert "2 jobs are in Regions now. Say for which leads each of them runs." in page.words
    group = JobGroup.objects.get()
    sent = {f"job{jobs[0].pk}-conditions-0-field": "company", f"job{jobs[0].pk}-conditions-0-values": "Acme; Bolt ;;acme"}
    page = admin.post(address(campaign, f"/groups/{group.pk}"), name="Regions", score="60", seen=seen(page), **sent)
    assert "Regions is saved" in page.words
    assert GroupCondition.objects.get().values == ["Acme", "Bolt", "acme"]
    page = admin.get(address(campaign))
    assert "Job first_last_name_match : if company is one of Acme, Bolt, acme" in page.words
    assert "Job test_data : for every lead left" in page.words
    assert "Valid needs all 60 points" in page.words
    (lead,) = make_leads(campaign, company="bolt", firstName="Ann", lastName="Ann")
    scheduler.serve_campaigns(seconds=10)
    assert Lead.objects.get(pk=lead.pk).failed_jobs == [jobs[0].pk]


def test_the_group_page_shows_the_conditions_as_they_are_and_rows_come_and_go(campaign, jobs, reader, bob):
    group = create_group(campaign, name="Regions", actor=bob)
    put_in_group([jobs[0].pk], group, actor=bob)
    jobs[0].conditions.create(field="country", values=["GB", "IE"])
    admin, prefix = reader(), f"job{jobs[0].pk}-conditions"
    page = admin.get(address(campaign, f"/groups/{group.pk}"))
    assert value(page, f"{prefix}-0-values") == "GB; IE"
    sent = {"name": "Typed", "score": "7", f"{prefix}-0-field": "country", f"{prefix}-0-values": "FR"}
    page = admin.post(address(campaign, f"/groups/{group.pk}"), act=f"put-in {prefix}", **sent)
    assert (value(page, "name"), value(page, f"{prefix}-0-values"), value(page, f"{prefix}-1-field")) == ("Typed", "FR", "")
    page = admin.post(address(campaign, f"/groups/{group.pk}"), act=f"take-out {prefix}-0", **sent)
    assert value(page, f"{prefix}-0-field") == ""
    group.refresh_from_db()
    assert group.name == "Regions"
    page = admin.post(address(campaign, f"/groups/{group.pk}"), **{**sent, "seen": seen(page), f"{prefix}-0-values": " ; "})
    assert "Row 1, Values: " in page.words


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Tick the jobs first."),
        ({"jobs": ["{job}"]}, "Choose where to put them."),
        ({"jobs": ["{job}"], "into": "new"}, "This field is required."),
        ({"jobs": ["{job}"], "into": "new", "name": "Taken", "score": "1"}, "The campaign has a group of this name."),
        ({"jobs": ["{job}"], "into": "999999"}, "Select a valid choice."),
        ({"jobs": ["999999"], "into": "none"}, "Select a valid choice."),
    ],
)
def test_what_is_missing_is_said(campaign, jobs, reader, bob, sent, said):
    create_group(campaign, name="Taken", actor=bob)
    sent = {name: [each.format(job=jobs[0].pk) for each in given] if isinstance(given, list) else given for name, given in sent.items()}
    assert said in reader().post(address(campaign, "/groups"), **sent).words
    assert not Job.objects.exclude(group=None).exists()


def test_a_group_is_dissolved_after_it_was_said_what_that_does(campaign, jobs, reader, bob):
    group = create_group(campaign, name="Regions", score=60, actor=bob)
    put_in_group([job.pk for job in jobs], group, actor=bob)
    admin = reader()
    page = admin.get(address(campaign, f"/groups/{group.pk}/dissolve"))
    assert "2 jobs will run by themselves" in page.words
    assert JobGroup.objects.exists()
    assert "The group Regions is gone." in admin.post(address(campaign, f"/groups/{group.pk}/dissolve"), seen=seen(page)).words
    assert not JobGroup.objects.exists()


def test_jobs_are_taken_out_of_their_group(campaign, jobs, reader, bob):
    put_in_group([job.pk for job in jobs], create_group(campaign, name="Regions", actor=bob), actor=bob)
    page = reader().post(address(campaign, "/groups"), jobs=[str(jobs[0].pk)], into="none")
    assert "1 job is in no group now" in page.words
    assert list(Job.objects.filter(group=None)) == [jobs[0]]


def test_a_group_of_another_campaign_does_not_exist_here(campaign, make_campaign, reader, bob):
    group = create_group(make_campaign("Other"), name="Theirs", actor=bob)
    for rest in ("", "/dissolve"):
        assert reader().get(address(campaign, f"/groups/{group.pk}{rest}")).status == 404
        assert reader().post(address(campaign, f"/groups/{group.pk}{rest}")).status == 404


def test_locked_jobs_stay_in_their_groups_for_agencies(campaign, jobs, reader, bob):
    group = create_group(campaign, name="Regions", actor=bob)
    put_in_group([jobs[0].pk], group, actor=bob)
    Job.objects.filter(pk=jobs[0].pk).update(lock_state=Job.LockState.LOCKED)
    agency = reader(roles.AGENCY)
    assert "Job first_last_name_match" not in agency.get(address(campaign, "/groups")).words
    assert "disabled" in agency.get(address(campaign, f"/groups/{group.pk}")).html
    assert "This job is locked" in agency.post(address(campaign, f"/groups/{group.pk}/dissolve")).words
    page = agency.post(address(campaign, f"/groups/{group.pk}"), name="Mine", score="1")
    assert "This job is locked" in page.words


@pytest.fixture
def regions(campaign, jobs, bob) -> JobGroup:
    """With the first of the two jobs in it, for Great Britain."""
    group = create_group(campaign, name="Regions", score=10, actor=bob)
    put_in_group([jobs[0].pk], group, actor=bob)
    set_conditions(jobs[0].pk, [{"field": "country", "values": ["GB"]}], actor=bob)
    return group


def _conditions(job: Job) -> list[list[str]]:
    return list(job.conditions.values_list("values", flat=True))


@pytest.mark.parametrize(
    ("change", "now"),
    [
        (lambda group, jobs, by: update_group(group.pk, name="Theirs", actor=by), "Theirs, score 10; "),
        (lambda group, jobs, by: update_group(group.pk, score=77, actor=by), "Regions, score 77; "),
        (lambda group, jobs, by: set_conditions(jobs[0].pk, [{"field": "country", "values": ["IE"]}], actor=by), "if country is IE"),
        (lambda group, jobs, by: put_in_group([jobs[1].pk], group, actor=by), "; Job test_data for every lead left"),
        (lambda group, jobs, by: put_in_group([jobs[0].pk], None, actor=by), "Regions, score 10."),
    ],
    ids=["name", "score", "condition", "one more", "one less"],
)
def test_who_saves_over_anothers_change_is_told_and_may_save_again(campaign, jobs, regions, reader, bob, change, now):
    ann, where = reader(), address(campaign, f"/groups/{regions.pk}")
    page = ann.get(where)
    change(regions, jobs, bob)
    before = [regions.jobs.count(), *_conditions(jobs[0])]
    prefix = f"job{jobs[0].pk}-conditions-0"
    sent = {"name": "Mine", "score": "5", f"{prefix}-field": "country", f"{prefix}-values": "FR"}
    page = ann.post(where, **sent, seen=seen(page))
    assert "This group was changed meanwhile. It now says: " in page.words
    assert now in page.words
    assert value(page, "name") == "Mine"
    regions.refresh_from_db()
    assert regions.name != "Mine"
    assert [regions.jobs.count(), *_conditions(jobs[0])] == before
    page = ann.post(where, **sent, seen=seen(page))
    assert "Mine is saved" in page.words


def test_conditions_of_a_job_that_somebody_put_in_meanwhile_are_not_wiped(campaign, jobs, regions, reader, bob):
    ann, where = reader(), address(campaign, f"/groups/{regions.pk}")
    page = ann.get(where)
    put_in_group([jobs[1].pk], regions, actor=bob)
    set_conditions(jobs[1].pk, [{"field": "country", "values": ["IE"]}], actor=bob)
    prefix = f"job{jobs[0].pk}-conditions-0"
    sent = {"name": "Regions", "score": "10", f"{prefix}-field": "country", f"{prefix}-values": "FR"}
    page = ann.post(where, **sent, seen=seen(page))
    assert value(page, f"job{jobs[1].pk}-conditions-0-values") == "IE"
    ann.post(where, **sent, seen=seen(page))
    assert (_conditions(jobs[0]), _conditions(jobs[1])) == ([["FR"]], [["IE"]])


def test_a_row_more_or_less_does_not_make_up_for_what_was_not_seen(campaign, jobs, regions, reader, bob):
    ann, where = reader(), address(campaign, f"/groups/{regions.pk}")
    page = ann.get(where)
    update_group(regions.pk, score=77, actor=bob)
    page = ann.post(where, act=f"put-in job{jobs[0].pk}-conditions", name="Regions", score="5", seen=seen(page))
    assert "changed meanwhile" in ann.post(where, name="Regions", score="5", seen=seen(page)).words
    regions.refresh_from_db()
    assert regions.score == 77


def test_what_no_page_of_ours_has_kept_overwrites_nothing(campaign, regions, reader):
    for kept in ("", "x" * 32):
        page = reader().post(address(campaign, f"/groups/{regions.pk}"), name="Mine", score="1", seen=kept)
        assert "changed meanwhile" in page.words
    regions.refresh_from_db()
    assert regions.name == "Regions"


def test_a_group_is_not_dissolved_as_nobody_has_seen_it(campaign, jobs, regions, reader, bob):
    ann, where = reader(), address(campaign, f"/groups/{regions.pk}/dissolve")
    page = ann.get(where)
    put_in_group([jobs[1].pk], regions, actor=bob)
    page = ann.post(where, seen=seen(page))
    assert "This group was changed meanwhile. This is how it is now." in page.words
    assert "2 jobs will run by themselves" in page.words
    assert JobGroup.objects.filter(pk=regions.pk).exists()
    assert "The group Regions is gone." in ann.post(where, seen=seen(page)).words


def test_as_many_and_as_long_values_as_can_be_stored_can_be_saved_from_the_page(campaign, jobs, reader, bob):
    group = create_group(campaign, name="Regions", actor=bob)
    put_in_group([jobs[0].pk], group, actor=bob)
    values = [f"{number:0{LONGEST_VALUE}}" for number in range(MOST_VALUES)]
    set_conditions(jobs[0].pk, [{"field": "company", "values": values}], actor=bob)
    admin, prefix = reader(), f"job{jobs[0].pk}-conditions"
    page = admin.get(address(campaign, f"/groups/{group.pk}"))
    sent = {f"{prefix}-0-field": "company", f"{prefix}-0-values": value(page, f"{prefix}-0-values")}
    page = admin.post(address(campaign, f"/groups/{group.pk}"), name="Other name", score="10", seen=seen(page), **sent)
    assert "Other name is saved" in page.words
    assert GroupCondition.objects.get().values == values
