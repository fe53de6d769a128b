"""Leads are not reprocessed while they are being sent, and not edited while they wait in a batch."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.core.accounts import bearer, roles
from config.core.registry import Registry
from integrations.models import Delivery
from leads import bulk, extension_points, lifecycle
from leads.bulk.actions import BulkType, Reprocess, bulk_types
from leads.extension_points import BulkEffect, EditGuard
from leads.models import BulkAction, Lead
from tests.cast import make_user
from tests.integrations.queueing.acts import FILE, judged, sent, states, taken
from tests.screens.conftest import member, reader  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db


def reprocess(leads, bob) -> BulkAction:
    return bulk.run_or_queue(Reprocess.key, [lead.pk for lead in leads], actor=bob)


def test_leads_that_are_being_sent_are_skipped_by_name_and_the_others_withdrawn_first(campaign, crm, make_leads, bob):
    on_its_way, waits, arrived = judged(campaign, make_leads, 3)
    taken(on_its_way)
    sent(arrived)
    action = reprocess([on_its_way, waits, arrived], bob)
    assert bulk.skipped_leads(action, at_most=10) == {on_its_way.pk: "being sent"}
    assert (action.done, action.failed, bulk.moved_leads(action)) == (2, 1, [waits.pk, arrived.pk])
    assert [states(lead) for lead in (on_its_way, waits, arrived)] == [[(1, "sending")], [(1, "withdrawn")], [(1, "sent")]]
    assert list(Lead.objects.order_by("pk").values_list("processr_status", flat=True)) == ["complete", "waiting", "waiting"]


def test_the_api_names_them(campaign, crm, make_leads):
    (lead,) = judged(campaign, make_leads)
    taken(lead)
    token = bearer.issue(make_user(roles.ADMIN), source=bearer.PASSWORD).access_token
    answer = Client().post(
        "/api/v4/leads-bulk-reprocess", json.dumps({"leads": [lead.pk], "confirm": True}), content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["processed"]) == (200, [])
    assert answer.json()["skipped"] == [{"lead": lead.pk, "reason": "being sent"}]


@pytest.mark.sql
def test_the_page_of_the_lead_and_that_of_the_action_name_them(campaign, crm, make_leads, reader):  # noqa: F811
    (lead,) = judged(campaign, make_leads)
    taken(lead)
    screen = reader()
    assert f"Lead {lead.pk} was left as it is: being sent." in screen.post(f"/v2/leads/{lead.pk}/reprocess").words
    action = BulkAction.objects.get()
    assert "1: being sent" in screen.get(f"/v2/leads/actions/{action.pk}").words


def test_what_is_said_of_leads_costs_one_query(campaign, crm, make_leads, bob, monkeypatch):
    def cost(leads) -> int:
        with CaptureQueriesContext(connection) as caught:
            reprocess(leads, bob)
        return len(caught)

    few = cost(judged(campaign, make_leads, 2))
    assert cost(judged(campaign, make_leads, 90)) == few
    with_effects = few
    monkeypatch.setattr(extension_points.bulk_effects, "_plugins", {})
    assert cost(judged(campaign, make_leads, 2)) == with_effects - 1


def test_an_effect_is_asked_about_its_own_types_only_and_of_all_the_first_reason_is_told(campaign, make_leads, bob, monkeypatch):
    leads = judged(campaign, make_leads, 3)
    asked: list[list[int]] = []

    def effect(name: str, types: set[str], refused: dict[int, str]) -> None:
        def refusals(self, lead_ids):
            asked.append(list(lead_ids))
            return refused

        extension_points.bulk_effects.register(type(name, (BulkEffect,), {"key": name, "types": frozenset(types), "refusals": refusals}))

    class Nod(BulkType):
        key, label, done = "nod", "Nod", "nodded at"

        def rule(self, chunk, *, actor):
            return lifecycle.requeue.rule(actor=actor)

    effects: Registry = Registry("bulk effect")
    monkeypatch.setattr("leads.bulk.effects.bulk_effects", effects)
    monkeypatch.setattr(extension_points, "bulk_effects", effects)
    monkeypatch.setitem(bulk_types._plugins, "nod", Nod)
    first, second, third = (lead.pk for lead in leads)
    (
        effect("one", {"nod"}, {first: "asleep"}),
        effect("two", {"nod", "reprocess"}, {first: "away", second: "away"}),
        effect("no", {"other"}, {third: "x"}),
    )
    action = bulk.run_or_queue("nod", [first, second, third], actor=bob)
    assert bulk.skipped_leads(action, at_most=10) == {first: "asleep", second: "away"}
    assert asked == [[first, second, third]] * 2


def test_when_all_are_left_out_nothing_is_applied(campaign, crm, make_leads, bob):
    leads = judged(campaign, make_leads, 3)
    for lead in leads:
        taken(lead)
    action = reprocess(leads, bob)
    assert (action.state, action.done, action.failed) == ("done", 0, 3)


def edit(leads, bob) -> lifecycle.Moved:
    return lifecycle.edit({lead.pk: {"company": "Acme"} for lead in leads}, actor=bob)


def test_a_lead_in_a_pending_batch_or_delivered_is_not_edited(campaign, integrate, make_leads, bob):
    integrate("File", kind=FILE)
    pending, withdrawn, delivered = judged(campaign, make_leads, 3)
    lifecycle.flag([withdrawn.pk], "invalid", actor=bob, reason="x")
    sent(delivered)
    moved = edit([pending, withdrawn, delivered], bob)
    assert moved.ids == [withdrawn.pk]
    assert moved.refused == {
        pending.pk: "in a pending batch: its data cannot be edited",
        delivered.pk: "already delivered: its data cannot be edited",
    }
    assert "company" not in Lead.objects.get(pk=pending.pk).captured


def test_a_lead_that_waits_to_be_sent_by_itself_is_edited_and_goes_as_it_is_then(campaign, crm, make_leads, bob):
    (lead,) = judged(campaign, make_leads)
    assert edit([lead], bob).ids == [lead.pk]
    assert (states(lead), Lead.objects.get(pk=lead.pk).captured["company"]) == ([(1, "queued")], "Acme")


def test_a_batch_that_was_sent_guards_no_lead_that_was_taken_back(campaign, integrate, make_leads, bob):
    integrate("File", kind=FILE)
    (lead,) = judged(campaign, make_leads)
    sent(lead)
    lifecycle.mark_undelivered([lead.pk], actor=bob)
    assert edit([lead], bob).ids == [lead.pk]


def test_all_leads_of_an_edit_are_asked_about_at_once(campaign, integrate, make_leads, bob):
    integrate("File", kind=FILE)

    def cost(n: int) -> int:
        leads = judged(campaign, make_leads, n)
        Delivery.objects.update(state="withdrawn")
        with CaptureQueriesContext(connection) as caught:
            edit(leads, bob)
        return len([query for query in caught if "integrations_delivery" in query["sql"]])

    assert (cost(1), cost(50)) == (1, 1)


def test_a_guard_that_says_nothing_lets_the_edit_pass_and_a_deleted_lead_is_not_found_whatever_it_says(
    campaign, make_leads, bob, monkeypatch
):
    lead, gone = judged(campaign, make_leads, 2)
    lifecycle.delete([gone.pk], actor=bob)
    guard = type("Guard", (EditGuard,), {"key": "guard", "refusals": lambda self, ids: {gone.pk: "locked"}})
    monkeypatch.setitem(extension_points.edit_guards._plugins, "guard", guard)
    moved = edit([lead, gone], bob)
    assert (moved.ids, moved.refused) == ([lead.pk], {gone.pk: "not found"})
