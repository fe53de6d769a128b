"""Services that change value transforms: stored rows, audit entries, and the next run's plan."""

from dataclasses import replace as changed_in

import pytest

from campaigns import services as campaigns
from campaigns.models import Campaign
from config.core.errors import DomainError
from config.core.models import AuditEntry
from leads.models import Lead
from processr.engine import scheduler
from processr.jobs.quality.value_transforms import OFF
from processr.models import Event, ValueTransform
from processr.plans import current_plan
from processr.transforms import services
from processr.transforms.definitions import definition_of
from processr.transforms.selectors import captured_fields, groups_of, lead_to_try, transforms_of
from tests.cast import make_user
from tests.processr.transforms.making import case, definition, field, join, manipulation, replace

pytestmark = pytest.mark.django_db


@pytest.fixture
def create(bob):
    return lambda owner, *args, **columns: services.create(owner, definition(*args, **columns), actor=bob)


def labels(owner) -> list[str]:
    return [one.label for one in transforms_of(owner)]


def last_entry() -> AuditEntry:
    return AuditEntry.objects.order_by("pk").last()


def refused(act) -> DomainError:
    with pytest.raises(DomainError) as refusal:
        act()
    return refusal.value


def test_a_transform_that_is_added_runs_over_the_next_lead(campaign, create, add_job, make_leads):
    add_job(campaign, "test_data")
    before = current_plan(campaign.pk).number
    create(campaign, "company", "size", config={"values": {"Acme": "large"}})
    make_leads(campaign, company="Acme")
    scheduler.serve_campaigns(seconds=5)
    assert Lead.objects.get().transformed == {"size": "large"}
    assert current_plan(campaign.pk).number > before


def test_each_change_leaves_one_line_with_what_was_and_what_is(campaign, bob, create):
    one = create(campaign, label="Codes")
    two = create(campaign, "company", "size", label="Sizes")
    assert (last_entry().action, last_entry().before, last_entry().after["label"]) == ("value transform added", None, "Sizes")
    services.change(one.pk, definition(label="Country codes"), actor=bob)
    entry = last_entry()
    assert (entry.action, entry.before["label"], entry.after["label"]) == ("value transform changed", "Codes", "Country codes")
    assert (entry.page, entry.campaign_id, entry.object_id) == ("Value transforms", campaign.pk, str(one.pk))
    services.move(two.pk, by=-1, actor=bob)
    assert (last_entry().before, last_entry().after) == (["Country codes", "Sizes"], ["Sizes", "Country codes"])
    services.remove(one.pk, actor=bob)
    assert (last_entry().action, last_entry().severity, last_entry().before["label"]) == (
        "value transform removed",
        "high",
        "Country codes",
    )
    services.use_transforms(campaign, False, actor=bob)
    assert (last_entry().before, last_entry().after) == ({"use": True}, {"use": False})
    assert AuditEntry.objects.filter(page="Value transforms").count() == 6


def test_what_changes_nothing_leaves_no_line(campaign, bob, create):
    one = create(campaign)
    services.change(one.pk, definition(), actor=bob)
    services.move(one.pk, by=-1, actor=bob)
    services.reorder(campaign, [one.pk], actor=bob)
    services.use_transforms(campaign, True, actor=bob)
    assert AuditEntry.objects.filter(page="Value transforms").count() == 1


def test_the_row_keeps_its_order_whatever_is_moved_and_removed(campaign, bob, create):
    a, b, c, d = (create(campaign, "company", f"new{label}", label=label) for label in "abcd")
    services.move(a.pk, by=1, actor=bob)
    services.move(d.pk, by=-1, actor=bob)
    services.move(c.pk, by=9, actor=bob)
    assert labels(campaign) == ["b", "a", "d", "c"]
    services.remove(a.pk, actor=bob)
    create(campaign, "company", "newe", label="e")
    assert labels(campaign) == ["b", "d", "c", "e"]
    assert [one.position for one in transforms_of(campaign)] == [0, 1, 2, 3]
    assert [one.label for one in current_plan(campaign.pk).transforms] == labels(campaign)


def test_switching_off_keeps_everything_and_runs_nothing(campaign, bob, create, add_job, make_leads):
    add_job(campaign, "test_data")
    create(campaign, "company", "size", config={"values": {"Acme": "large"}})
    services.use_transforms(campaign, False, actor=bob)
    make_leads(campaign, company="Acme")
    scheduler.serve_campaigns(seconds=5)
    assert Lead.objects.get().transformed == {}
    assert labels(campaign) == ["company to size"]
    services.use_transforms(campaign, True, actor=bob)
    assert len(current_plan(campaign.pk).transforms) == 1


def test_an_expression_that_cannot_be_is_refused_on_saving_with_its_field(campaign, bob):
    refusal = refused(lambda: services.create(campaign, manipulation("a", "b", replace("/(/")), actor=bob))
    assert (refusal.field, ValueTransform.objects.count()) == ("steps-0-find", 0)


def test_whoever_saw_an_older_state_overwrites_nothing(campaign, bob, create):
    one = create(campaign)
    seen = definition_of(one).digest
    services.change(one.pk, definition(label="Newer"), actor=bob, seen=seen)
    refusal = refused(lambda: services.change(one.pk, definition(label="Mine"), actor=bob, seen=seen))
    assert (refusal.status, labels(campaign)) == (409, ["Newer"])


def test_what_is_gone_cannot_be_changed(campaign, bob, create):
    one = create(campaign)
    services.remove(one.pk, actor=bob)
    for act in (
        services.remove,
        lambda pk, actor: services.change(pk, definition(), actor=actor),
        lambda pk, actor: services.move(pk, by=1, actor=actor),
    ):
        assert refused(lambda act=act: act(one.pk, actor=bob)).status == 404


def test_a_new_field_may_have_the_name_of_a_captured_one(campaign, create, add_job, make_leads):
    add_job(campaign, "test_data")
    create(campaign, "company", "company", config={"values": {"ACME": "Acme"}})
    make_leads(campaign, company="ACME")
    scheduler.serve_campaigns(seconds=5)
    lead = Lead.objects.get()
    assert (lead.captured["company"], lead.values["company"]) == ("ACME", "Acme")


def test_a_row_that_goes_round_in_a_circle_or_reads_too_early_is_refused_and_stays_as_it_was(campaign, bob, create):
    first = create(campaign, "company", "size")
    second = create(campaign, "size", "band")
    assert refused(lambda: create(campaign, "band", "company")).field == "new_field"
    assert refused(lambda: services.move(second.pk, by=-1, actor=bob)).field == "source_field"
    assert refused(lambda: services.create(campaign, manipulation("company", "band"), actor=bob)).field == "new_field"
    assert [one.pk for one in transforms_of(campaign)] == [first.pk, second.pk]


def test_what_was_wrong_before_does_not_stand_in_the_way_of_another_change(campaign, bob, create):
    late = create(campaign, "size", "band")
    ValueTransform.objects.create(
        campaign=campaign,
        label="Sizes",
        type="transform",
        source_field="company",
        new_field="size",
        config={"values": {"a": "b"}},
        position=5,
    )
    services.change(late.pk, changed_in(definition_of(late), label="Bands"), actor=bob)
    assert labels(campaign) == ["Bands", "Sizes"]


def test_a_campaign_has_fifty_transforms_and_no_more(campaign, create, monkeypatch):
    monkeypatch.setitem(services.AT_MOST, "campaign", 2)
    create(campaign, new="a")
    create(campaign, new="b")
    assert refused(lambda: create(campaign, new="c")).message == "There can be at most 2 transforms here."


def test_an_advertisers_transforms_run_nowhere_until_they_are_imported_and_are_copies_then(campaign, acme, bob, create):
    codes = create(acme, group_name="Countries")
    upper = services.create(acme, manipulation("company", "loud", case("upper")), actor=bob)
    assert current_plan(campaign.pk).transforms == ()
    made = services.copy_into(campaign, [upper.pk, codes.pk], actor=bob)
    assert [one.label for one in current_plan(campaign.pk).transforms] == ["country to code", "company to loud"]
    services.change(made[0].pk, definition(label="Ours", config={"values": {"UK": "UK"}}), actor=bob)
    assert definition_of(ValueTransform.objects.get(pk=codes.pk)).config == {"values": {"UK": "GB"}}


def test_importing_twice_makes_nothing_twice(campaign, acme, bob, create):
    one = create(acme)
    services.copy_into(campaign, [one.pk], actor=bob)
    assert services.copy_into(campaign, [one.pk], actor=bob) == []
    assert labels(campaign) == ["country to code"]


def test_only_what_is_the_campaigns_own_advertisers_can_be_imported(campaign, bob, create):
    rival = campaigns.create_advertiser("Rival", actor=bob)
    foreign = create(rival)
    assert refused(lambda: services.copy_into(campaign, [foreign.pk], actor=bob)).field == "transforms"
    assert refused(lambda: services.copy_into(campaign, [], actor=bob)).field == "transforms"


def test_groups_are_told_by_name_with_the_rest_at_the_end(acme, create):
    for label, group in (("a", "Sizes"), ("b", ""), ("c", "countries"), ("d", "Sizes")):
        create(acme, label=label, group_name=group)
    assert {name: [one.label for one in members] for name, members in groups_of(acme).items()} == {
        "countries": ["c"],
        "Sizes": ["a", "d"],
        "": ["b"],
    }
    assert list(groups_of(acme)) == ["countries", "Sizes", ""]


def test_the_fields_of_a_campaign_are_those_of_its_forms(campaign, acme):
    assert captured_fields(campaign) == captured_fields(acme) == ["company", "email", "firstName", "lastName", "telephone"]


def test_a_transform_is_tried_on_the_last_lead_or_the_one_asked_for_if_it_is_in_sight(make_campaign, acme, make_leads):
    one, other, empty = make_campaign(), make_campaign(), make_campaign()
    first, last = (make_leads(one)[0] for _ in range(2))
    (foreign,) = make_leads(other)
    admin = make_user("admin")
    assert lead_to_try(admin, one) == last
    assert lead_to_try(admin, one, name=str(first.pk)) == first
    assert lead_to_try(admin, one, name=str(foreign.pk)) is None
    assert lead_to_try(admin, acme) == foreign
    assert lead_to_try(admin, empty) is None
    assert lead_to_try(make_user("agency"), one) is None
    Lead.objects.update(deleted_at=first.created_at)
    assert (lead_to_try(admin, one), lead_to_try(admin, acme)) == (None, None)


def test_the_value_transforms_check_fails_what_no_transform_knows_and_says_when_there_is_none(campaign, bob, create, add_job, make_leads):
    job = add_job(campaign, "value_transforms", config={"field": "company"})

    def outcome(**captured):
        (lead,) = make_leads(campaign, **captured)
        scheduler.serve_campaigns(seconds=5)
        return next(step for step in Event.objects.get(lead_id=lead.pk).steps if step["job"] == job.pk)

    assert (outcome(company="Acme")["outcome"], outcome(company="Acme")["reason"]) == ("skipped", OFF)
    transform = create(campaign, "company", "size", config={"values": {"Acme": "large"}})
    assert outcome(company="Acme")["outcome"] == "passed"
    failed = outcome(company="Nobody")
    assert (failed["outcome"], failed["reason"], failed["value"]) == (
        "failed",
        "company must have a value that this campaign's value transforms know",
        "Nobody",
    )
    assert outcome()["outcome"] == "failed"
    services.change(transform.pk, manipulation("company", "size", replace("/(a|a)*$/"), label="Slow"), actor=bob)
    slow = outcome(company="a" * 3_000 + "!")
    assert slow["outcome"] == "passed", "the lead is in error by the transform already"
    lead = Lead.objects.order_by("pk").last()
    assert (lead.errored, lead.qa_status, lead.transformed) == (True, "caution", {})
    assert lead.qa_result["qaReasons"] == ["Slow: could not be applied: the expression takes too long"]
    services.use_transforms(campaign, False, actor=bob)
    assert outcome(company="Nobody")["outcome"] == "skipped"


def test_a_transform_reads_when_the_lead_came_and_from_whom(campaign, bob, pat, add_job, make_leads):
    add_job(campaign, "test_data")
    month = manipulation("createdDate", "month", replace(r"/(\d{4})\-(\d{2})\-(\d{2})$/", "$2"))
    services.create(campaign, month, actor=bob)
    services.create(campaign, manipulation("publisherId", "source", join(field("publisherId"), field("emailDomain"))), actor=bob)
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    assert Lead.objects.get(pk=lead.pk).transformed == {"month": f"{lead.created_at:%m}", "source": f"{pat.pk} @example.com"}


def test_saving_takes_the_campaigns_lock_whole(campaign, bob):
    number = Campaign.objects.get(pk=campaign.pk).plan_number
    refused(lambda: services.create(campaign, definition(label=""), actor=bob))
    assert Campaign.objects.get(pk=campaign.pk).plan_number == number
