"""Roles that see leads masked cannot read values by the outcomes of jobs: they choose nowhere what is asked of values."""

import json
import re

import pytest
from django.db import connection
from django.utils import timezone

from campaigns import services as campaigns
from campaigns.models import Campaign
from campaigns.services import plan_changed
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.errors import DomainError
from config.core.models import User
from leads import lifecycle, privacy
from leads.columns import columns_for, copy_statement
from leads.models import Lead
from processr import services, texts
from processr.engine import scheduler
from processr.job_types.registry import job_types
from processr.lists.services import add_values, create_list, suppress
from processr.models import Event, GroupCondition, Job, ValueTransform
from processr.services import locking
from processr.services.test_lead import send_test_lead
from processr.transforms import files, imports
from processr.transforms import services as transforms
from processr.transforms.selectors import transforms_of
from tests.processr.api.program import Program, wrong
from tests.processr.transforms.making import definition, manipulation, replace

pytestmark = pytest.mark.django_db
ASKED = "You see leads masked, and this decides what is asked of their values"
OPEN = {
    "field_not_empty": {"fields_to_read"},
    "multiple_empty_fields": {"fields_to_read", "count"},
    "rapid_post": {"seconds"},
    "unique_ip": {"minutes"},
    "user_overactivity": {"count", "hours"},
}
"""Masks and lists show the answers anyway: whether there is a value, when leads came, and how many."""
TYPES = [job_type for job_type in job_types if not job_type.is_outgoing]
BEGINS_WITH_A = {"field": "email", "operator": "STARTSWITH", "values": ["a"]}
COUNTS = {"job-label": "Probe", "job-stage": "10", "job-score": "1", "job-on_error": "error"}
SECOND_LETTER = replace("/^.(.).*$/", "$1")


@pytest.fixture
def actors(member) -> dict[str, Actor]:
    return {role: Actor(role, member(role).pk) for role in sorted(roles.MANAGES_CAMPAIGNS)}


def refused(act) -> DomainError:
    with pytest.raises(DomainError, match=ASKED) as refusal:
        act()
    assert refusal.value.status == 403
    return refusal.value


def test_every_setting_of_every_type_is_closed_to_masked_roles_unless_it_is_known_to_ask_nothing(actors):
    assert {job_type.key: set(job_type.open_settings) for job_type in TYPES if job_type.open_settings} == OPEN
    for job_type in TYPES:
        names = job_type.Settings.base_fields
        assert job_type.open_settings <= names.keys()
        stored = {name: field.initial for name, field in names.items()}
        for actor in actors.values():
            locking.refuse_asking(job_type, stored, actor=actor)
            locking.refuse_asking(job_type, stored, before=stored, actor=actor)
        for name in names:
            changed = {**stored, name: "something else"}
            closed = name not in OPEN.get(job_type.key, ())
            for role, actor in actors.items():
                for before in (None, {**stored, name: "as it is"}):
                    if closed and role in privacy.MASKED_ROLES:
                        refusal = refused(lambda: locking.refuse_asking(job_type, changed, before=before, actor=actor))  # noqa: B023
                        assert refusal.field == name
                    else:
                        locking.refuse_asking(job_type, changed, before=before, actor=actor)


def test_jobs_that_exist_can_be_switched_ordered_and_scored_by_everybody(campaign, actors):
    masked = actors[roles.ADMIN_MASKED]
    Job.objects.bulk_create(
        Job(campaign=campaign, type=job_type.key, category=job_type.category, label=job_type.label, stage=10, score=10, config={})
        for job_type in TYPES
    )
    for job in Job.objects.filter(campaign=campaign):
        services.update_job(job.pk, actor=masked, changes={"label": "Mine", "stage": 20, "enabled": False})
    assert not Job.objects.exclude(label="Mine", stage=20, enabled=False).exists()
    services.enable_job(job.pk, actor=masked)
    services.remove_job(job.pk, actor=masked)


def test_conditions_settings_and_copies_are_refused_by_service_program_and_page(campaign, make_campaign, bob, actors, member, reader):
    masked, program, person = actors[roles.ADMIN_MASKED], Program(member(roles.ADMIN_MASKED)), reader(roles.ADMIN_MASKED)
    job = services.add_job(campaign, "simple_conditional_validation", config=BEGINS_WITH_A, actor=bob)
    other = services.add_job(make_campaign("Other"), job.type, config={**BEGINS_WITH_A, "values": ["b"]}, actor=bob)
    group = services.put_in_new_group(campaign, [job.pk], name="A", actor=bob)
    condition = [{"field": "email", "values": ["anna@example.com"]}]
    job.refresh_from_db()
    for act in (
        lambda: services.add_job(campaign, job.type, config=BEGINS_WITH_A, actor=masked),
        lambda: services.update_job(job.pk, changes={"config": {"values": ["b"]}}, actor=masked),
        lambda: services.copy_settings(job.pk, source_id=other.pk, actor=masked),
        lambda: services.changes_of_copy(job, source=other, actor=masked),
        lambda: services.set_conditions(job.pk, condition, actor=masked),
    ):
        refused(act)
    assert (
        ASKED
        in services.copy_settings_to({job.pk: job.updated_at}, source_id=other.pk, source_seen_at=other.updated_at, actor=masked)[job.pk]
    )
    place, address = f"/v2/campaigns/{campaign.pk}/processr", f"/api/v4/campaign-processr-jobs/{job.pk}"
    assert wrong(program.patch(address, {"config": {"values": ["b"]}}), 403) == {"config.values"}
    assert wrong(program.patch(address, {"config": [{"key": "field", "value": "telephone"}]}), 403) == {"config.field"}
    membership = {"campaignProcessrJobGroup": group.pk, "conditions": condition}
    assert wrong(program.patch(address, {"campaignProcessrJobGroupJob": membership}), 403) == {"campaignProcessrJobGroupJob.conditions"}
    body = {"campaign": campaign.pk, "processrJob": job_types.get(job.type).api_id, "label": "Mine", "config": BEGINS_WITH_A}
    assert wrong(program.post("/api/v4/campaign-processr-jobs", body), 403) == {"config.field"}
    assert program.patch(address, {"score": 3, "config": BEGINS_WITH_A}).status_code == 200
    typed = {**COUNTS, "field": "email", "operator": "STARTSWITH", "act": "save"}
    page = person.get(f"{place}/jobs/{job.pk}")
    (seen,) = re.findall('name="job-seen" value="([^"]*)"', page.html)
    assert "What these settings say stays as it is" in page.words
    assert ASKED in person.post(f"{place}/jobs/{job.pk}", **typed, **{"values": "b", "job-seen": seen}).words
    assert ASKED in person.post(f"{place}/add/{job.type}", **typed, values="b").words
    job.refresh_from_db()
    assert (job.config["values"], Job.objects.filter(campaign=campaign).count(), GroupCondition.objects.exists()) == (["a"], 1, False)
    services.set_conditions(job.pk, condition, actor=actors[roles.AGENCY])
    services.set_conditions(job.pk, [], actor=masked)


def test_what_asks_nothing_new_is_saved_by_masked_roles(campaign, actors):
    masked = actors[roles.ADMIN_MASKED]
    job = services.add_job(campaign, "field_not_empty", config={"fields_to_read": ["company"]}, actor=masked)
    services.update_job(job.pk, changes={"config": {"fields_to_read": ["telephone"]}}, actor=masked)
    services.add_job(campaign, "duplicate_email", actor=masked)
    services.add_job(campaign, "field_length_check", actor=masked)
    refused(lambda: services.add_job(campaign, "field_length_check", config={"maximum": 5}, actor=masked))


def test_transforms_are_chosen_by_those_who_see_what_they_read(campaign, acme, bob, actors, reader):
    masked, agency = actors[roles.ADMIN_MASKED], actors[roles.AGENCY]
    own, shelved = (transforms.create(owner, definition("company", "code"), actor=bob) for owner in (campaign, acme))
    content = files.read_file(files.EXAMPLE)
    plan = imports.plan_import(acme, content)
    for act in (
        lambda actor: transforms.create(campaign, definition("email", "second"), actor=actor),
        lambda actor: transforms.create(acme, definition("email", "second"), actor=actor),
        lambda actor: transforms.change(own.pk, definition("email", "code"), actor=actor),
        lambda actor: transforms.copy_into(campaign, [shelved.pk], actor=actor),
        lambda actor: imports.run_import(acme, content, seen=plan.digest, actor=actor),
    ):
        refused(lambda: act(masked))  # noqa: B023
    before = list(ValueTransform.objects.order_by("pk").values())
    person, place = reader(roles.ADMIN_MASKED), f"/v2/campaigns/{campaign.pk}/value_transforms"
    for address in (f"{place}/add", f"{place}/import", f"/v2/advertisers/{acme.pk}/value-transforms/import"):
        assert (person.get(address).status, person.post(address).status) == (403, 403)
    page = person.post(f"{place}/{own.pk}", act="save", label="Codes", source_field="email", new_field="code", **{"values-0-original": "a"})
    assert ASKED in page.words
    assert list(ValueTransform.objects.order_by("pk").values()) == before
    transforms.change(own.pk, definition("company", "code", label="Called otherwise"), actor=masked)
    transforms.use_transforms(campaign, True, actor=masked)
    transforms.create(campaign, definition("email", "second"), actor=agency)
    transforms.move(own.pk, by=1, actor=masked)
    transforms.remove(own.pk, actor=masked)
    assert [row.new_field for row in transforms_of(campaign)] == ["second"]


def test_no_letter_that_a_transform_cut_out_is_shown_to_masked_roles(campaign, make_leads, bob, member, reader):
    (lead,) = make_leads(campaign, email="xq@example.com", company="")
    transforms.create(campaign, manipulation("email", "x1", SECOND_LETTER), actor=bob)
    transforms.create(campaign, manipulation("email", "company", SECOND_LETTER), actor=bob)
    transforms.create(campaign, manipulation("email", "lastName", SECOND_LETTER), actor=bob)
    for name, key in (("x1", "begins"), ("lastName", "last"), ("company", "filled")):
        config = {"field": name, "operator": "EQUAL", "values": [f"no {key}"]}
        services.add_job(campaign, "simple_conditional_validation", config=config, actor=bob)
    plan_changed(campaign.pk)
    scheduler.serve_campaigns(seconds=5)
    lead = Lead.objects.get(pk=lead.pk)
    assert lead.transformed == {"x1": "q", "company": "q", "lastName": "q"}
    first = lead.captured["lastName"][0]
    masks = {"x1": "••••", "company": "••••", "lastName": f"{first}••••", "email": "x••••"}
    for role in (roles.ADMIN_MASKED, roles.ADVERTISER, roles.ADVERTISER_REPORT):
        who = member(role)
        assert {name: privacy.values_for(who, lead)[name] for name in masks} == masks
        columns = columns_for(who, ["email", "last_name", "captured:company", "transformed:company", "transformed:x1", "enriched:x1"])
        with connection.cursor() as cursor:
            cursor.execute(*copy_statement(Lead.objects.filter(pk=lead.pk), columns, who))
            assert cursor.fetchone() == ("x••••", f"{first}••••", "", "••••", "••••", "")
        assert "q••••" not in reader(role).get(f"/v2/leads/{lead.pk}").html
    program, person = Program(member(roles.ADMIN_MASKED)), reader(roles.ADMIN_MASKED)
    shown = [json.dumps(program.get(f"lead-explanations/{lead.pk}").json(), ensure_ascii=False), person.get(f"/v2/leads/{lead.pk}").html]
    shown += [
        json.dumps(program.members(f"{path}lead.id={lead.pk}"), ensure_ascii=False)
        for path in ("processr-job-leads?", "logs?channel=processr&")
    ]
    for text in shown:
        assert "••••" in text
        assert "q••••" not in text
    assert "q" in privacy.values_for(member(roles.AGENCY), lead)["x1"]


def test_values_are_tried_against_lists_by_those_who_see_the_lists(campaign, acme, bob, member, reader):
    private = create_list("Key accounts", advertiser=acme, private=True, actor=bob)
    public = create_list("Companies", advertiser=acme, actor=bob)
    suppress("email", ["anna@example.com"], actor=bob)
    place = f"/v2/campaigns/{campaign.pk}/processr/add"
    listed = {"field": "company", "rule": "pass", "match": "exact", "trim": "on"}
    tries = {
        "private": ("suppression_list", {**listed, "list": str(private.pk)}, {roles.ADMIN, roles.SUPER}),
        "public": ("suppression_list", {**listed, "list": str(public.pk)}, roles.MANAGES_CAMPAIGNS),
        "e-mails": ("suppressed_email", {"field": "email"}, {roles.ADMIN, roles.SUPER}),
        "duplicates": ("duplicate_email", {}, roles.MANAGES_CAMPAIGNS - {roles.ADMIN_MASKED}),
    }
    job = services.add_job(campaign, "suppression_list", config={"list": private.pk, "field": "company"}, actor=bob)
    for role in (roles.SUPER, roles.ADMIN_MASKED, roles.AGENCY):
        person = reader(role)
        for key, (job_type, typed, allowed) in tries.items():
            page = person.post(
                f"{place}/{job_type}", act="try", **COUNTS, **typed, **{"try-pasted": "company=Acme\nemail=anna@example.com"}
            )
            assert ('class="trial-outcome"' in page.html) == (role in allowed), (role, key)
        answer = Program(person.user).post(f"campaign-processr-jobs/{job.pk}/check", {"values": ["Acme"]})
        assert answer.status_code == (200 if role in tries["private"][2] else 403)
    assert Program(member(roles.PUBLISHER)).post(f"campaign-processr-jobs/{job.pk}/check", {"values": ["Acme"]}).status_code == 200


def test_who_sees_leads_masked_sends_no_test_lead_and_sees_no_key(campaign, form, actors, reader):
    values = {"firstName": "Anna", "lastName": "Ng", "email": "anna@example.com"}
    for role, actor in actors.items():
        person = reader(role)
        place = f"/v2/campaigns/{campaign.pk}"
        if role == roles.ADMIN_MASKED:
            with pytest.raises(DomainError, match="it is sent by roles that see leads unmasked"):
                send_test_lead(campaign, form_id=form.pk, values=values, ip=None, actor=actor)
            assert person.get(f"{place}/processr/test-lead").status == 403
        else:
            send_test_lead(campaign, form_id=form.pk, values=values, ip=None, actor=actor)
            assert person.get(f"{place}/processr/test-lead").status == 200
        assert ('id="api-key"' in person.get(place).html) == (role != roles.ADMIN_MASKED)
    assert Lead.objects.filter(second_check="test").count() == len(actors) - 1


def test_jobs_that_compare_with_what_the_sender_of_a_test_lead_does_not_see_are_not_run_on_it(
    campaign, make_campaign, make_leads, form, acme, actors, reader, bob
):
    """A test lead holds whatever its sender wants to know about. What others are told about it stays hidden from the sender."""
    rival = campaigns.create_advertiser("Rival", actor=bob)
    theirs = make_campaign("Theirs")
    Campaign.objects.filter(pk=theirs.pk).update(advertiser=rival)
    make_leads(theirs, email="anna@example.com")
    for name, private in (("Own", True), ("Open", False)):
        chosen = create_list(name, advertiser=acme, private=private, actor=bob)
        add_values(chosen, ["Acme Ltd"], actor=bob)
        config = {"list": chosen.pk, "field": "company", "rule": "fail"}
        services.add_job(campaign, "suppression_list", label=name, config=config, hardfail=True, actor=bob)
    suppress("email", ["anna@example.com"], actor=bob)
    services.add_job(campaign, "suppressed_email", label="Suppressed", hardfail=True, actor=bob)
    services.add_job(theirs, "field_not_empty", config={"fields_to_read": ["email"]}, actor=bob)
    scheduler.process_turn(theirs.pk, 0)
    for key, config in (("duplicate_field", {"field": "email", "level": "Enterprise"}), ("duplicate_email", {})):
        services.add_job(campaign, key, label=key, config=config, actor=bob)
    everything = {"Own": "failed", "Open": "failed", "Suppressed": "failed", "duplicate_field": "failed", "duplicate_email": "passed"}
    hidden = dict.fromkeys(("Own", "Suppressed", "duplicate_field"), "skipped")
    outcomes = {roles.ADMIN: everything, roles.SUPER: everything, roles.AGENCY: everything | hidden}
    values = {"firstName": "Anna", "lastName": "Ng", "email": "anna@example.com", "company": "acme ltd"}
    for role, expected in outcomes.items():
        lead_id = send_test_lead(campaign, form_id=form.pk, values=values, ip=None, actor=actors[role])
        for of_sender in (expected, expected, everything | hidden):
            scheduler.process_turn(campaign.pk, 0)
            steps = Event.objects.filter(lead_id=lead_id, kind=Event.Kind.FLOW).latest("pk").steps
            assert {step["label"]: step["outcome"] for step in steps} == of_sender
            assert {step["reason"] == texts.WITHHELD for step in steps if step["outcome"] == "skipped"} <= {True}
            assert sum(step["of"] for step in steps if step["outcome"] == "skipped") == 0
            lifecycle.unflag([lead_id], actor=bob)
            lifecycle.requeue([lead_id], actor=bob, lane=0)
            if of_sender is expected and Event.objects.filter(lead_id=lead_id, kind=Event.Kind.FLOW).count() == 2:
                User.objects.filter(pk=actors[role].user_id).delete()
        Lead.objects.filter(pk=lead_id).update(deleted_at=timezone.now())
