"""The Processr page of a campaign, for each role, and its rows."""

import re
from urllib.parse import quote

import pytest
from django.test import Client

from config.core.accounts import roles
from config.core.background import runs
from config.core.models import AuditEntry
from leads import bulk, lifecycle
from leads.models import Lead
from processr.engine import scheduler
from processr.models import Job
from processr.services import add_job, disable_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(campaign, bob) -> Job:
    return add_job(campaign, "first_last_name_match", score=30, stage=10, actor=bob)


def address(campaign, rest: str = "") -> str:
    return f"/v2/campaigns/{campaign.pk}/processr{rest}"


def seen(page) -> str:
    return re.search(r'name="seen" value="([^"]*)"', page.html)[1]


def row(job: Job, page, **changes) -> dict[str, str]:
    """Return the fields of the row's form. A tick that is not set is not sent."""
    return {"label": job.label, "stage": str(job.stage), "score": str(job.score), "seen": seen(page), **changes}


def test_a_campaign_without_jobs_says_that_its_leads_are_held(campaign, reader):
    page = reader().get(address(campaign))
    assert "No jobs yet" in page.words
    assert "put on hold: On Hold - No Job Assigned" in page.words
    assert "Add the first job" in page.words


def test_each_job_says_what_it_asks_and_how_it_counts(campaign, job, reader):
    page = reader().get(address(campaign))
    assert "First and Last Name Check" in page.html
    assert "Valid needs all 30 points ; Caution from 24 (80 %)" in page.words


def test_what_a_lead_can_reach_counts_a_group_once_and_leaves_out_what_is_off(campaign, job, reader, bob):
    disable_job(add_job(campaign, "test_data", score=500, actor=bob).pk, actor=bob)
    group = campaign.job_groups.create(name="Lists", score=100)
    for _ in range(2):
        grouped = add_job(campaign, "duplicate_email", score=7, actor=bob)
        grouped.group = group
        grouped.save(update_fields=["group"])
    assert "Valid needs all 130 points ; Caution from 104" in reader().get(address(campaign)).words


def test_figures_lead_to_the_leads_they_count(campaign, job, reader, make_leads):
    make_leads(campaign, firstName="Ann", lastName="Ann")
    make_leads(campaign, 2)
    scheduler.serve_campaigns(seconds=10)
    admin = reader()
    page = admin.get(address(campaign))
    link = f"/v2/campaigns/{campaign.pk}/leads?failed_job={quote(job.label)}"
    assert f'href="{link}"' in page.html
    assert len(admin.get(link).rows) == 1


def test_a_row_is_saved_with_one_line_of_audit(campaign, job, reader):
    admin = reader()
    page = admin.get(address(campaign))
    answer = admin.post(address(campaign, f"/jobs/{job.pk}/row"), **row(job, page, label="Two names", score="40", hardfail="on"))
    assert answer.status == 200
    assert "Two names: Saved." in answer.words
    job.refresh_from_db()
    assert (job.label, job.score, job.hardfail, job.stage) == ("Two names", 40, True, 10)
    assert AuditEntry.objects.filter(page="Processr", object_id=str(job.pk)).exclude(action="job added").count() == 1


def test_a_row_that_changes_nothing_leaves_no_trace(campaign, job, reader):
    admin = reader()
    entries, number = AuditEntry.objects.count(), campaign.plan_number
    admin.post(address(campaign, f"/jobs/{job.pk}/row"), **row(job, admin.get(address(campaign))))
    campaign.refresh_from_db()
    assert AuditEntry.objects.filter(page="Processr").count() <= entries
    assert campaign.plan_number == number + 1, "only adding the job made a new plan"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"label": ""}, "Label: This field is required."),
        ({"label": "x" * 121}, "Label: Ensure this value has at most 120 characters"),
        ({"score": "many"}, "Score: Enter a whole number."),
        ({"score": "-1"}, "Score: Ensure this value is greater than or equal to 0."),
        ({"stage": "32768"}, "Stage: Ensure this value is less than or equal to 32767."),
        ({"stage": "9" * 400}, "Stage:"),
        ({"label": "a\x00b"}, "Label:"),
    ],
)
def test_what_cannot_be_is_said_beside_the_row_and_nothing_typed_is_lost(campaign, job, reader, changes, said):
    admin = reader()
    page = admin.get(address(campaign))
    answer = admin.post(address(campaign, f"/jobs/{job.pk}/row"), **row(job, page, **{"label": "Typed", **changes}))
    assert said in answer.words
    assert 'value="Typed"' in answer.html or "label" in changes
    job.refresh_from_db()
    assert job.label == "First and Last Name Check"


def test_who_saves_over_anothers_change_is_told_and_may_save_again(campaign, job, reader):
    ann, ben = reader(), reader()
    page = ann.get(address(campaign))
    ben.post(address(campaign, f"/jobs/{job.pk}/row"), **row(job, ben.get(address(campaign)), score="77"))
    answer = ann.post(address(campaign, f"/jobs/{job.pk}/row"), **row(job, page, label="Mine"))
    assert f"This job was changed meanwhile by {ben.user}." in answer.words
    assert "score 77" in answer.words
    assert 'value="Mine"' in answer.html
    job.refresh_from_db()
    assert (job.label, job.score) == ("First and Last Name Check", 77)
    ann.post(address(campaign, f"/jobs/{job.pk}/row"), **row(job, answer, label="Mine", score="30"))
    job.refresh_from_db()
    assert (job.label, job.score) == ("Mine", 30)


def test_a_switch_keeps_what_is_typed_in_the_row_and_what_the_row_had_seen(campaign, job, reader):
    ann, ben = reader(), reader()
    page = ann.get(address(campaign))
    htmx = {"HX-Request": "true"}
    sent = {**row(job, page, label="Typed"), "enabled": "0"}
    answer = ann.client.post(address(campaign, f"/jobs/{job.pk}/switch"), sent, headers=htmx).content.decode()
    assert 'value="Typed"' in answer
    job.refresh_from_db()
    assert not job.enabled
    again = re.search(r'name="seen" value="([^"]*)"', answer)[1]
    saved = ann.client.post(address(campaign, f"/jobs/{job.pk}/row"), {**row(job, page, label="Typed"), "seen": again}, headers=htmx)
    assert "Saved." in saved.content.decode()
    ben.post(address(campaign, f"/jobs/{job.pk}/row"), **row(job, ben.get(address(campaign)), label="Ben's"))
    answer = ann.client.post(address(campaign, f"/jobs/{job.pk}/switch"), {**sent, "enabled": "1"}, headers=htmx).content.decode()
    stale = re.search(r'name="seen" value="([^"]*)"', answer)[1]
    refused = ann.client.post(address(campaign, f"/jobs/{job.pk}/row"), {**row(job, page), "seen": stale}, headers=htmx)
    assert "changed meanwhile" in refused.content.decode(), "the switch has hidden another's change"


def test_jobs_move_up_and_down_on_their_tab(campaign, job, reader, bob):
    second = add_job(campaign, "test_data", stage=20, actor=bob)
    admin = reader()
    admin.post(address(campaign, f"/jobs/{second.pk}/move"), to="up")
    assert list(Job.objects.order_by("stage", "pk").values_list("pk", flat=True)) == [second.pk, job.pk]
    admin.post(address(campaign, f"/jobs/{second.pk}/move"), to="up")
    admin.post(address(campaign, f"/jobs/{second.pk}/move"), to="sideways")
    assert list(Job.objects.order_by("stage", "pk").values_list("pk", flat=True)) == [second.pk, job.pk]
    admin.post(address(campaign, f"/jobs/{second.pk}/move"), to="down")
    assert list(Job.objects.order_by("stage", "pk").values_list("pk", flat=True)) == [job.pk, second.pk]


def test_a_job_is_removed_only_after_it_was_said_what_that_does(campaign, job, reader):
    admin = reader()
    page = admin.get(address(campaign, f"/jobs/{job.pk}/remove"))
    assert "It is the only job that is enabled: without it every lead is put on hold." in page.words
    job.refresh_from_db()
    assert job.removed_at is None
    answer = admin.post(address(campaign, f"/jobs/{job.pk}/remove"))
    assert "is removed" in answer.words
    assert admin.get(address(campaign, f"/jobs/{job.pk}")).status == 404


def test_held_leads_are_processed_when_somebody_says_so_and_then_counted(campaign, reader, make_leads, bob):
    make_leads(campaign, 3)
    scheduler.serve_campaigns(seconds=10)
    admin = reader()
    assert "3 leads on hold." in admin.get(address(campaign)).words
    assert "Process 3 held" not in admin.get(address(campaign)).words, "there is no job to process them with"
    add_job(campaign, "first_last_name_match", actor=bob)
    assert "Process 3 held leads" in admin.get(address(campaign)).words
    assert "3 leads of Spring are on hold because there was no job." in admin.get(address(campaign, "/held")).words
    assert set(Lead.objects.values_list("processr_status", flat=True)) == {"held"}, "looking has done something"
    assert "3 held leads queued" in admin.post(address(campaign, "/held")).words
    scheduler.serve_campaigns(seconds=10)
    assert set(Lead.objects.values_list("current_status", flat=True)) == {"valid"}


def test_leads_over_delivery_are_released_the_oldest_first_when_somebody_says_so(make_campaign, reader, make_leads, bob):
    campaign = make_campaign("Full", lead_volume=1, hold_over_delivery=True)
    add_job(campaign, "first_last_name_match", actor=bob)
    leads = make_leads(campaign, 6)
    scheduler.serve_campaigns(seconds=10)
    admin = reader()
    assert "5 leads held over delivery." in admin.get(address(campaign)).words
    assert "5 leads of Full are held over delivery." in admin.get(address(campaign, "/release")).words
    assert Lead.objects.filter(hold_reason="over_delivery").count() == 5, "looking has done something"
    for wrong in ("0", "-1", "three", "9" * 30):
        assert admin.post(address(campaign, "/release"), n=wrong).status == 422
    assert "3 held leads released" in admin.post(address(campaign, "/release"), n=" 3 ").words
    held = list(Lead.objects.filter(hold_reason="over_delivery").order_by("pk").values_list("pk", flat=True))
    assert held == [lead.pk for lead in leads[4:]]
    assert AuditEntry.objects.filter(action="held leads released", campaign_id=campaign.pk, after__leads=3).count() == 1
    assert "2 held leads released" in admin.post(address(campaign, "/release"), n="").words
    assert "No lead of this campaign is held over delivery." in admin.post(address(campaign, "/release")).words


def test_many_held_leads_are_a_run_whose_page_says_how_far_it_is(campaign, reader, make_leads, bob):
    lifecycle.hold([lead.pk for lead in make_leads(campaign, bulk.AT_ONCE + 1)], reason="no_job")
    add_job(campaign, "first_last_name_match", actor=bob)
    admin = reader()
    page = admin.get(address(campaign, "/held"))
    assert "Process 101 held leads" in page.words
    assert "The next page shows how far it is" in page.words
    page = admin.post(address(campaign, "/held"))
    assert "Process held 101 leads" in page.words
    assert "Waiting for a worker." in page.words
    (action,) = runs.waiting(bulk.BulkActionRun)
    runs.work_on(bulk.BulkActionRun, action)
    assert "Queued for the jobs 101 Skipped 0" in admin.get(f"/v2/leads/actions/{action}").words
    assert "No lead of this campaign is on hold for want of a job." in admin.post(address(campaign, "/held")).words


def test_the_page_asks_as_many_questions_for_twenty_jobs_as_for_two(campaign, reader, bob):
    def add(n: int) -> None:
        for number in range(n):
            added = add_job(campaign, "first_last_name_match", label=f"Job {number}", actor=bob)
            added.group = campaign.job_groups.create(name=f"Group {added.pk}")
            added.save(update_fields=["group"])
            added.conditions.create(field="country", values=["GB"])

    admin = reader()
    add(2)
    admin.get(address(campaign))
    few = admin.queries(address(campaign))
    add(18)
    assert len(admin.queries(address(campaign))) == len(few)


def test_looking_writes_nothing(campaign, job, reader):
    admin = reader()
    admin.get(address(campaign))
    asked = [
        admin.queries(address(campaign, rest))
        for rest in ("", "/add?q=name", f"/jobs/{job.pk}", "/groups", "/test-lead", f"/jobs/{job.pk}/remove")
    ]
    assert [sql for sqls in asked for sql in sqls if re.match(r"\s*(INSERT|UPDATE|DELETE|COPY)", sql)] == []


@pytest.mark.parametrize("rest", ["/jobs/{job}/row", "/jobs/{job}/switch", "/jobs/{job}/move"])
def test_acts_are_posted_and_guarded(campaign, job, reader, rest):
    where = address(campaign, rest.format(job=job.pk))
    assert reader().get(where).status == 405
    client = Client(enforce_csrf_checks=True)
    client.force_login(reader().user)
    assert client.post(where, {}).status_code == 403
    assert reader(roles.PUBLISHER).post(where).status == 403
    assert reader(roles.AGENCY).post(where, label="x").status in (200, 404)


def test_a_job_of_another_campaign_does_not_exist_here(campaign, job, make_campaign, reader):
    other = make_campaign("Other")
    for rest in (f"/jobs/{job.pk}", f"/jobs/{job.pk}/remove"):
        assert reader().get(address(other, rest)).status == 404


def test_what_the_template_has_locked_is_only_read_by_agencies(campaign, job, reader):
    Job.objects.update(lock_state=Job.LockState.LOCKED)
    agency = reader(roles.AGENCY)
    assert "Locked by the template" in agency.get(address(campaign)).words
    for rest in ("row", "switch", "move", "remove"):
        assert agency.post(address(campaign, f"/jobs/{job.pk}/{rest}")).status == 403
    assert agency.post(address(campaign, f"/jobs/{job.pk}")).status == 403
    assert agency.get(address(campaign, f"/jobs/{job.pk}")).status == 200
    assert "State" not in agency.get(address(campaign)).headings


def test_the_template_itself_shows_states_and_is_only_read_by_agencies(campaign, job, reader):
    type(campaign).objects.update(is_template=True)
    assert "State" in reader().get(address(campaign)).headings
    agency = reader(roles.AGENCY)
    assert "Agencies work on the campaigns made from it" in agency.get(address(campaign)).words
    assert agency.get(address(campaign, "/add")).status == 403
    assert agency.post(address(campaign, f"/jobs/{job.pk}/row")).status == 403


def test_a_retired_type_opens_and_is_read(campaign, job, reader):
    Job.objects.update(type="gone_for_good", config={"minimum": 3})
    admin = reader()
    assert "This kind of job is no longer available" in admin.get(address(campaign)).words
    page = admin.get(address(campaign, f"/jobs/{job.pk}"))
    assert "its settings are kept as they were" in page.words
    assert "minimum 3" in page.words
    assert admin.post(address(campaign, f"/jobs/{job.pk}")).status == 403
