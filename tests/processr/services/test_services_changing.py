"""Services that change a job as a whole or not at all: validated, audited, refused after another user's change."""

import pytest

from campaigns.models import Campaign
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.errors import DomainError
from config.core.models import AuditEntry, Credential
from processr import services
from processr.job_types.registry import job_types
from processr.models import Job
from processr.plans import current_plan
from tests.cast import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(campaign, add_job) -> Job:
    return add_job(campaign, "first_last_name_match", label="Names")


@pytest.fixture
def change(job, bob):
    return lambda **changes: services.update_job(job.pk, actor=bob, changes=changes)


@pytest.fixture
def actor_of():
    def make(role: str) -> Actor:
        user = make_user(role)
        return Actor(user.name, user.pk)

    return make


def number(campaign) -> int:
    return Campaign.objects.get(pk=campaign.pk).plan_number


def test_what_changed_is_stored_audited_and_in_the_next_plan(campaign, job, change, bob):
    before = number(campaign)
    changed = change(
        label="  First and last name ", stage=30, score=0, hardfail=True, visible=False, on_error="fail", after_enrichment=True
    )
    stored = Job.objects.get(pk=job.pk)
    assert (stored.label, stored.stage, stored.score, stored.hardfail, stored.visible) == ("First and last name", 30, 0, True, False)
    assert (stored.updated_by_id, stored.updated_at > job.updated_at, stored.updated_at) == (bob.user_id, True, changed.updated_at)
    entry = AuditEntry.objects.get(action="job changed")
    assert entry.before == {
        "label": "Names",
        "stage": 10,
        "score": 10,
        "hardfail": False,
        "visible": True,
        "on_error": "error",
        "after_enrichment": False,
    }
    assert entry.after["label"] == "First and last name"
    assert (entry.object_id, entry.campaign_id) == (str(job.pk), campaign.pk)
    assert number(campaign) == before + 1
    (planned,) = current_plan(campaign.pk).jobs
    assert (planned.label, planned.score, planned.on_error) == ("First and last name", 0, "fail")


def test_what_changes_nothing_leaves_no_trace(campaign, job, change):
    before = number(campaign)
    assert change(label="Names", score=10, config={"first_name": "firstName"}).updated_at == job.updated_at
    assert (number(campaign), AuditEntry.objects.filter(action="job changed").count()) == (before, 0)


def test_settings_that_are_not_named_stay_and_null_brings_back_the_first_value(change):
    assert change(config={"last_name": "surname"}).config == {"first_name": "firstName", "last_name": "surname"}
    assert change(config={"first_name": "given"}).config == {"first_name": "given", "last_name": "surname"}
    assert change(config={"last_name": None}).config == {"first_name": "given", "last_name": "lastName"}


def test_a_setting_the_type_no_longer_has_goes_with_the_next_change(job, change):
    Job.objects.filter(pk=job.pk).update(config={**job.config, "gone": 1})
    assert "gone" not in change(config={"first_name": "given"}).config


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"label": ""}, "label"), ({"label": "  "}, "label"), ({"label": "x" * 121}, "label"), ({"label": "a\x00"}, "label"), ({"label": "\ud800"}, "label"),
        ({"label": 7}, "label"), ({"label": None}, "label"), ({"stage": -1}, "stage"), ({"stage": 32_768}, "stage"), ({"stage": True}, "stage"),
        ({"stage": "10"}, "stage"), ({"stage": 1.5}, "stage"), ({"stage": 10**30}, "stage"), ({"score": -1}, "score"), ({"score": 1_000_001}, "score"),
        ({"hardfail": 1}, "hardfail"), ({"enabled": "yes"}, "enabled"), ({"visible": None}, "visible"), ({"on_error": "maybe"}, "on_error"),
        ({"on_error": ["fail"]}, "on_error"), ({"credential": 9}, "credential"), ({"credential": "x"}, "credential"), ({"credential": True}, "credential"),
        ({"route_by_score_minimum": 9, "route_by_score_maximum": 8}, "route_by_score_minimum"), ({"route_by_score_minimum": "x"}, "route_by_score_minimum"),
        ({"routing_values": {}}, "routing_values"), ({"routing_values": [{"field": "x"}]}, "routing_values"), ({"mapping": "x"}, "mapping"), ({"mapping": [{"a": 1}]}, "mapping"),
        ({"type": "test_data"}, "type"), ({"campaign": 1}, "campaign"), ({"removed_at": None}, "removed_at"), ({"id": 1}, "id"),
        ({"config": {"colour": 1}}, "colour"), ({"config": {"first_name": "x" * 81}}, "first_name"), ({"config": {"first_name": ["a"]}}, "first_name"), ({"config": {"first_name": {"a": 1}}}, "first_name"),
        ({"lock_state": "locked"}, "lock_state"), ({"lock_state": "shut"}, "lock_state"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_its_name_and_nothing_of_the_change_stays(campaign, job, change, changes, field):
    before, plan = Job.objects.values().get(pk=job.pk), number(campaign)
    with pytest.raises(DomainError) as refused:
        change(**{"enabled": False, "label": "Other", **changes})
    assert refused.value.field == field
    assert (Job.objects.values().get(pk=job.pk), number(campaign)) == (before, plan)


def test_bounds_themselves_are_fine(change):
    changed = change(label="x" * 120, stage=32_767, score=1_000_000, route_by_score_minimum=5, route_by_score_maximum=5)
    assert (len(changed.label), changed.stage, changed.score) == (120, 32_767, 1_000_000)


def test_only_quality_jobs_run_after_enrichment(campaign, add_job, job_type, bob):
    job = add_job(campaign, job_type("finder", category="enrichment"))
    with pytest.raises(DomainError) as refused:
        services.update_job(job.pk, actor=bob, changes={"after_enrichment": True})
    assert refused.value.field == "after_enrichment"


def test_a_credential_is_named_in_the_audit_trail_and_never_shown(job, change):
    credential = Credential.objects.create(name="Checks Ltd", secret=b"sealed")
    assert change(credential=credential.pk).credential == credential
    assert AuditEntry.objects.get(action="job changed").after == {"credential": {"id": credential.pk, "name": "Checks Ltd"}}
    assert change(credential=None).credential is None


def test_a_job_can_be_added_with_everything_that_can_be_said_of_it(campaign, add_job):
    job = add_job(campaign, "test_data", enabled=False, visible=False, on_error="pass", after_enrichment=True)
    assert (job.enabled, job.visible, job.on_error, job.after_enrichment) == (False, False, "pass", True)
    with pytest.raises(DomainError) as refused:
        add_job(campaign, "test_data", on_error="maybe")
    assert refused.value.field == "on_error"


def test_who_saw_an_older_state_overwrites_nothing(job, change, bob):
    seen = job.updated_at
    change(score=1)
    for act in (
        lambda: services.update_job(job.pk, actor=bob, changes={"score": 2}, seen_at=seen),
        lambda: services.remove_job(job.pk, actor=bob, seen_at=seen),
    ):
        with pytest.raises(services.ChangedMeanwhile, match="changed meanwhile by Bob Admin") as refused:
            act()
        assert (refused.value.status, refused.value.job.score) == (409, 1)
    now = Job.objects.get(pk=job.pk)
    assert (now.score, now.removed_at) == (1, None)
    assert services.update_job(job.pk, actor=bob, changes={"score": 2}, seen_at=now.updated_at).score == 2


def test_a_type_that_is_gone_can_only_be_switched_off_and_removed(job, change, bob, monkeypatch):
    monkeypatch.delitem(job_types._plugins, "first_last_name_match")
    for changes in ({"label": "New"}, {"config": {"first_name": "x"}}, {"enabled": False, "score": 1}):
        with pytest.raises(DomainError, match="no longer available") as refused:
            change(**changes)
        assert refused.value.status == 409
    assert change(enabled=False).enabled is False
    assert services.remove_job(job.pk, actor=bob).removed_at


def test_a_job_that_is_not_there_cannot_be_changed(bob):
    with pytest.raises(DomainError) as refused:
        services.update_job(999, actor=bob, changes={})
    assert refused.value.status == 404


class TestTemplates:
    @pytest.fixture
    def template(self, campaign):
        Campaign.objects.filter(pk=campaign.pk).update(is_template=True)

    @pytest.mark.usefixtures("template")
    def test_agencies_do_not_touch_the_template_itself(self, campaign, job, actor_of):
        agency = actor_of(roles.AGENCY)
        acts = [
            lambda: services.add_job(campaign, "test_data", actor=agency),
            lambda: services.update_job(job.pk, actor=agency, changes={"score": 1}),
            lambda: services.disable_job(job.pk, actor=agency),
            lambda: services.remove_job(job.pk, actor=agency),
            lambda: services.create_group(campaign, name="A", actor=agency),
            lambda: services.reorder_jobs(campaign, [job.pk], actor=agency),
        ]
        for act in acts:
            with pytest.raises(DomainError) as refused:
                act()
            assert refused.value.status == 403
        assert services.update_job(job.pk, actor=actor_of(roles.SUPER), changes={"score": 1}).score == 1

    @pytest.mark.usefixtures("template")
    def test_states_are_set_on_the_template_by_those_who_run_the_house(self, job, change, actor_of):
        for state in ("locked", "review", "reviewed", "normal", "locked"):
            assert change(lock_state=state).lock_state == state

    def test_a_locked_job_stays_as_it_is_for_agencies(self, campaign, job, add_job, actor_of):
        Job.objects.filter(pk=job.pk).update(lock_state="locked")
        other, agency, admin = add_job(campaign, "test_data"), actor_of(roles.AGENCY), actor_of(roles.ADMIN_MASKED)
        group = services.create_group(campaign, name="A", actor=admin)
        acts = [
            lambda: services.update_job(job.pk, actor=agency, changes={"score": 1}),
            lambda: services.disable_job(job.pk, actor=agency),
            lambda: services.remove_job(job.pk, actor=agency),
            lambda: services.put_in_group([job.pk, other.pk], group, actor=agency),
            lambda: services.reorder_jobs(campaign, [other.pk, job.pk], actor=agency),
        ]
        for act in acts:
            with pytest.raises(DomainError) as refused:
                act()
            assert refused.value.status == 403
        assert services.update_job(other.pk, actor=agency, changes={"score": 1}).score == 1
        assert services.update_job(job.pk, actor=admin, changes={"score": 1}).score == 1

    def test_in_a_copy_one_can_only_say_that_one_has_reviewed(self, job, actor_of):
        Job.objects.filter(pk=job.pk).update(lock_state="review")
        agency = actor_of(roles.AGENCY)
        assert services.update_job(job.pk, actor=agency, changes={"lock_state": "reviewed"}).lock_state == "reviewed"
        for role in (roles.AGENCY, roles.ADMIN):
            with pytest.raises(DomainError) as refused:
                services.update_job(job.pk, actor=actor_of(role), changes={"lock_state": "normal"})
            assert refused.value.field == "lock_state"


def test_settings_are_taken_over_from_another_campaign(make_campaign, add_job, bob):
    one, two = make_campaign(), make_campaign()
    source = add_job(
        one, "first_last_name_match", label="Theirs", score=55, hardfail=True, config={"first_name": "given"}, on_error="pass", stage=70
    )
    target = add_job(two, "first_last_name_match", label="Ours", stage=20)
    copied = services.copy_settings(target.pk, source_id=source.pk, actor=bob)
    assert (copied.score, copied.hardfail, copied.on_error, copied.config["first_name"]) == (55, True, "pass", "given")
    assert (copied.label, copied.stage, copied.campaign_id) == ("Ours", 20, two.pk)
    assert AuditEntry.objects.filter(action="job changed", campaign_id=two.pk).count() == 1


def test_settings_are_not_taken_over_from_another_type_nor_from_nowhere(campaign, job, add_job, bob):
    other, gone = add_job(campaign, "test_data"), add_job(campaign, "first_last_name_match")
    services.remove_job(gone.pk, actor=bob)
    for source in (other.pk, gone.pk, 999):
        with pytest.raises(DomainError) as refused:
            services.copy_settings(job.pk, source_id=source, actor=bob)
        assert refused.value.field == "source"
