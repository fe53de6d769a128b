"""Copying a job's settings to others of its type: choice, preview, result and refusals."""

import re

import pytest

from campaigns import services as campaign_services
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.models import AuditEntry
from processr.models import Job
from processr.services import add_job, copy_settings, put_in_group, update_job
from processr.services.groups import create_group, set_conditions
from tests.screens.processr.test_processr_page import address

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(campaign, bob) -> Job:
    return add_job(
        campaign,
        "field_length_check",
        label="Long names",
        score=40,
        hardfail=True,
        config={"fields_to_read": ["lastName"], "minimum": 4},
        actor=bob,
    )


@pytest.fixture
def others(make_campaign, bob) -> list[Job]:
    return [_other(make_campaign(name), bob) for name in ("Autumn", "Winter")]


def _other(campaign, bob) -> Job:
    config = {"fields_to_read": ["lastName"], "minimum": 2}
    return add_job(campaign, "field_length_check", label="Names", score=10, stage=70, config=config, actor=bob)


def copying(job: Job) -> str:
    return address(job.campaign, f"/jobs/{job.pk}/copy")


def hidden(page) -> dict[str, str | list[str]]:
    """Return the hidden fields of the page that shows the changes."""
    kept = re.findall(r'<input type="hidden" name="(seen[^"]*)" value="([^"]*)"', page.html)
    return {**dict(kept), "job": re.findall(r'name="job" value="(\d+)"', page.html)}


def looked(admin, source: Job, *jobs: Job):
    return admin.post(copying(source), act="look", job=[str(job.pk) for job in jobs])


def changed() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action="job changed").order_by("pk"))


def test_settings_are_copied_to_the_chosen_jobs_as_the_page_has_shown_it(source, others, reader):
    admin = reader()
    page = admin.get(copying(source))
    assert "Choose which other jobs of this kind, “Length check of given field”" in page.words
    assert [name for name in ("Autumn", "Winter") if name in page.words] == ["Autumn", "Winter"]
    page = looked(admin, source, *others)
    assert "Score 10 40" in page.words
    assert "Hard fail no yes" in page.words
    assert " 2 4 " in page.words
    assert "Copy to 2 jobs" in page.words
    assert changed() == [], "looking has done something"
    page = admin.post(copying(source), act="copy", **hidden(page))
    assert "2 jobs are set up like Long names now" in page.words
    for job in Job.objects.filter(pk__in=[job.pk for job in others]):
        assert (job.score, job.hardfail, job.config) == (40, True, source.config)
        assert (job.label, job.stage) == ("Names", 70), "what is the job's own was copied"
    assert [entry.campaign_id for entry in changed()] == [job.campaign_id for job in others]
    assert changed()[0].before["score"] == 10


def test_only_jobs_of_the_same_kind_are_there_to_choose_and_are_found_by_words(source, others, campaign, reader, bob):
    add_job(campaign, "test_data", label="Test words", actor=bob)
    admin = reader()
    page = admin.get(copying(source))
    assert "Test words" not in page.words
    assert f'value="{source.pk}"' not in page.html
    page = admin.post(copying(source), act="find", q="WINTER names", job=[str(others[0].pk)])
    assert f'value="{others[1].pk}">' in page.html
    assert f'value="{others[0].pk}" checked>' in page.html, "what was ticked is lost by finding more"
    page = admin.post(copying(source), act="find", q="summer")
    assert "No such job" in page.words


def test_a_job_alone_of_its_kind_says_so(source, reader):
    assert "There is no other job of this kind" in reader().get(copying(source)).words


def test_nothing_ticked_is_said_and_too_many_are_refused(source, others, reader):
    admin = reader()
    for act in ("look", "copy"):
        assert "Tick the jobs first." in admin.post(copying(source), act=act).words
    many = [str(number) for number in range(1, 102)]
    assert "Choose at most 100 jobs at once: 101 are ticked." in admin.post(copying(source), act="look", job=many).words
    assert changed() == []


def test_a_job_set_up_alike_is_named_and_left_alone(source, others, reader, bob):
    copy_settings(others[0].pk, source_id=source.pk, actor=bob)
    admin = reader()
    assert "Set up like it already." in admin.get(copying(source)).words
    page = looked(admin, source, others[0])
    assert "Nothing changes of Names of Autumn : it is set up like it already." in page.words
    assert "Copy to" not in page.words


def test_another_advertisers_list_is_refused_by_the_setting_that_names_it(campaign, make_campaign, currency, reader, bob):
    from_list = campaign.advertiser.validation_lists.create(name="Accounts")
    config = {"list": from_list.pk, "field": "company"}
    source = add_job(campaign, "suppression_list", label="Accounts", config=config, actor=bob)
    system = type(from_list).objects.create(name="Everybody's")
    stranger = campaign_services.create_advertiser("Stranger", actor=bob)
    theirs = make_campaign("Theirs")
    type(theirs).objects.filter(pk=theirs.pk).update(advertiser=stranger)
    theirs.refresh_from_db()
    target = add_job(theirs, "suppression_list", label="Ours", config={"list": system.pk, "field": "company"}, actor=bob)
    kin = add_job(make_campaign("Kin"), "suppression_list", config={"list": system.pk, "field": "email"}, actor=bob)
    admin = reader()
    page = looked(admin, source, target, kin)
    assert "Ours of Theirs" in page.words
    assert "Validation list: Select a valid choice." in page.words
    assert "Validation list Everybody's (system) Accounts" in page.words, "lists are not told by their names"
    page = admin.post(copying(source), act="copy", seen=hidden(page)["seen"], job=[str(target.pk), str(kin.pk)], **_seen(target, kin))
    assert "1 job is set up like Accounts now" in page.words
    assert "Not copied to 1 job." in page.words
    target.refresh_from_db()
    assert target.config["list"] == system.pk


def _seen(*jobs: Job) -> dict[str, str]:
    return {f"seen-{job.pk}": Job.objects.get(pk=job.pk).updated_at.isoformat() for job in jobs}


def test_who_copies_over_anothers_change_is_told_and_sees_it_before_copying_again(source, others, reader):
    ann, ben = reader(), reader()
    page = looked(ann, source, *others)
    update_job(others[1].pk, actor=_actor(ben), changes={"score": 77})
    page = ann.post(copying(source), act="copy", **hidden(page))
    assert "1 job is set up like Long names now" in page.words
    assert f"Job {others[1].pk} : This job was changed meanwhile by {ben.user}." in page.words
    assert "Score 77 40" in page.words
    page = ann.post(copying(source), act="copy", **hidden(page))
    assert "1 job is set up like Long names now" in page.words
    others[1].refresh_from_db()
    assert others[1].score == 40


def test_a_source_that_was_changed_meanwhile_is_copied_nowhere_unseen(source, others, reader):
    ann, ben = reader(), reader()
    page = looked(ann, source, others[0])
    update_job(source.pk, actor=_actor(ben), changes={"score": 77})
    page = ann.post(copying(source), act="copy", **hidden(page))
    assert "Not copied to 1 job." in page.words
    assert "Score 10 77" in page.words
    others[0].refresh_from_db()
    assert others[0].score == 10


def _actor(reader) -> Actor:
    return Actor(reader.user.name, reader.user.pk)


def test_jobs_out_of_sight_are_not_listed_and_not_found(source, make_campaign, reader, bob):
    theirs = make_campaign("Theirs")
    stranger = campaign_services.create_advertiser("Stranger", actor=bob)
    type(theirs).objects.filter(pk=theirs.pk).update(advertiser=stranger)
    theirs.refresh_from_db()
    job = _other(theirs, bob)
    agency = reader(roles.AGENCY)
    assert "Theirs" not in agency.get(copying(source)).words
    assert f"Job {job.pk} : not found" in looked(agency, source, job).words
    page = agency.post(copying(source), act="copy", job=[str(job.pk)], seen=source.updated_at.isoformat(), **_seen(job))
    assert f"Job {job.pk} : There is no such job." in page.words
    job.refresh_from_db()
    assert job.score == 10
    assert agency.get(copying(job)).status == 404


def test_agencies_change_neither_locked_jobs_nor_templates_but_may_copy_from_them(source, others, reader):
    Job.objects.filter(pk=source.pk).update(lock_state=Job.LockState.LOCKED)
    Job.objects.filter(pk=others[0].pk).update(lock_state=Job.LockState.LOCKED)
    type(source.campaign).objects.filter(pk=others[1].campaign_id).update(is_template=True)
    agency = reader(roles.AGENCY)
    assert copying(source) in agency.get(address(source.campaign)).html
    page = looked(agency, source, *others)
    assert "This job is locked" in page.words
    assert "This campaign is a template" in page.words
    assert "Copy to" not in page.words
    sent = {"seen": source.updated_at.isoformat(), **_seen(*others)}
    page = agency.post(copying(source), act="copy", job=[str(job.pk) for job in others], **sent)
    assert "Not copied to 2 jobs." in page.words
    assert changed() == []


def test_publishers_and_those_who_watch_are_shut_out(source, reader):
    for role in (roles.PUBLISHER, roles.REPORT, roles.ADVERTISER):
        assert reader(role).get(copying(source)).status == 403
    assert reader().get(copying(source).replace(str(source.pk), "999999")).status == 404


def test_a_kind_that_is_gone_is_copied_nowhere(source, reader):
    Job.objects.update(type="gone_for_good")
    assert reader().get(copying(source)).status == 404
    assert "/copy" not in reader().get(address(source.campaign)).html


def test_choosing_asks_as_many_questions_of_twenty_jobs_as_of_two(source, make_campaign, reader, bob):
    def add(n: int) -> None:
        for number in range(n):
            campaign = make_campaign()
            job = _other(campaign, bob)
            put_in_group([job.pk], create_group(campaign, name="Lists", actor=bob), actor=bob)
            set_conditions(job.pk, [{"field": "country", "values": [str(number)]}], actor=bob)

    admin = reader()
    add(2)
    admin.get(copying(source))
    few = admin.queries(copying(source))
    add(18)
    assert len(admin.queries(copying(source))) == len(few)


def test_a_search_with_a_null_character_is_refused_and_finds_nothing(source, others, reader):
    admin = reader()
    pages = [admin.get(copying(source) + "?q=%00"), admin.post(copying(source), act="find", q="Winter\x00")]
    for page in pages:
        assert "Null characters are not allowed." in page.words
        assert f'value="{others[0].pk}"' not in page.html


def test_ticks_that_are_no_ids_are_left_out(source, others, reader):
    assert "Tick the jobs first." in reader().post(copying(source), act="look", job=["1" * 5_000, "²", "0"]).words
