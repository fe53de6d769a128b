"""Runs over many deliveries: all that match are sent again or given up, and what a removed integration has not sent is withdrawn."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config.core.accounts import roles
from config.core.actor import Actor
from config.core.background import runs
from config.core.models import AuditEntry, Notification
from integrations import actions, services, texts
from integrations.actions import MatchingDeliveriesRun, WithdrawalRun
from integrations.models import Delivery, DeliveryAction
from integrations.views.selection import DELIVERIES, MESSAGES
from leads.models import LeadNote
from processr.services import remove_job
from tests.cast import make_user
from tests.integrations.screens.conftest import invalid

pytestmark = pytest.mark.django_db

LIST = "/v2/deliveries/needs-a-person"
RETRY, GIVE_UP = f"{LIST}/retry", f"{LIST}/give-up"
Type, State = DeliveryAction.Type, DeliveryAction.State


class Killed(BaseException):
    """Kills the worker: nothing that catches errors catches this."""


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    for module in (services, actions):
        monkeypatch.setattr(module, "AT_MOST", 4)
    monkeypatch.setattr("integrations.views.selection.AT_MOST", 4)


@pytest.fixture
def super_user():
    user = make_user(roles.SUPER)
    return user, Actor(user.name, user.pk)


def states(job=None) -> list[str]:
    deliveries = Delivery.objects.filter(job=job) if job else Delivery.objects.all()
    return list(deliveries.order_by("pk").values_list("state", flat=True))


def work(action, *, chunks: int | None = None, monkeypatch=None) -> DeliveryAction:
    """Work on the run as a worker does; with `chunks`, be killed after so many."""
    run_type = WithdrawalRun if action.type == Type.WITHDRAW else MatchingDeliveriesRun
    if chunks is None:
        runs.work_on(run_type, action.pk)
    else:
        left = iter(range(chunks - 1))

        def die(_self):
            if next(left, None) is None:
                raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(run_type, "progressed", die)
            with pytest.raises(Killed):
                runs.work_on(run_type, action.pk)
        DeliveryAction.objects.filter(pk=action.pk).update(beat_at=timezone.now() - timedelta(minutes=2))
    action.refresh_from_db()
    return action


def lines() -> list[str]:
    return list(AuditEntry.objects.filter(page="Integrations").order_by("pk").values_list("action", flat=True))


def test_all_that_match_are_a_run_whose_page_shows_the_progress(crm, integrate, deliver, make_campaign, reader, notified):
    """It takes those that needed a person when their number was shown, of both campaigns and in chunks across integrations."""
    sheet = integrate("Sheet", on=make_campaign("Autumn"))
    stuck = [*deliver(crm, 6, state="needs_person"), *deliver(sheet, 5, state="needs_person")]
    invalid(stuck[1].lead)
    Delivery.objects.filter(pk=stuck[2].pk).update(answered_at=timezone.now() + timedelta(hours=1))
    admin = reader()
    page = admin.get(f"{RETRY}?all=1&query=")
    assert "That takes a while: the next page shows the progress." in page.words
    answer = admin.client.post(RETRY, {"all": "1", "query": "", "seen": timezone.now().isoformat()})
    action = DeliveryAction.objects.get()
    assert answer["Location"] == f"/v2/deliveries/actions/{action.pk}"
    assert set(states()) == {"needs_person"}
    assert "Waiting for a worker." in admin.get(answer["Location"]).words
    work(action)
    assert (action.state, action.total, action.done, action.failed, action.skipped) == (State.DONE, 10, 9, 1, {"no longer Valid": 1})
    assert states(crm) == ["queued", "needs_person", "needs_person", "queued", "queued", "queued"]
    assert states(sheet) == ["queued"] * 5
    assert "Will be sent again 9 Skipped 1 Skipped 1: no longer Valid" in admin.get(answer["Location"]).words
    assert lines() == ["Retry deliveries: begun", "Retry deliveries: done"]
    assert Notification.objects.get().url == answer["Location"]
    assert LeadNote.objects.filter(kind="delivery").count() == 9


def test_giving_up_all_keeps_the_reason_and_the_filters(crm, integrate, deliver, reader):
    sheet = integrate("Sheet")
    Delivery.objects.all().delete()
    deliver(crm, 6, state="needs_person")
    Delivery.objects.filter(job=sheet).update(state="needs_person")
    others = len(states(sheet))
    reader().client.post(GIVE_UP, {"all": "1", "query": f"integration={crm.pk}", "seen": timezone.now().isoformat(), "reason": " Closed "})
    action = work(DeliveryAction.objects.get())
    assert (action.filters, action.reason, action.done) == ({"integration": crm.pk}, "Closed", 6)
    assert (states(crm), states(sheet)) == (["failed"] * 6, ["needs_person"] * others)
    assert Delivery.objects.filter(job=crm).first().answer.startswith(texts.GIVEN_UP)


def test_the_reason_that_was_typed_is_hidden_where_leads_are_masked(crm, integrate, deliver, reader):
    deliver(crm, 5, state="needs_person")
    reader(roles.SUPER).client.post(GIVE_UP, {"all": "1", "query": "", "reason": "Jane Doe hung up"})
    action = DeliveryAction.objects.get()
    for role, is_told in ((roles.ADMIN, True), (roles.ADMIN_MASKED, False)):
        assert ("Jane Doe" in reader(role).get(f"/v2/deliveries/actions/{action.pk}").words) == is_told


def test_every_filter_of_the_list_can_be_kept_by_a_run():
    for need in (DELIVERIES, MESSAGES):
        assert set(need.filters.base_filters) == set(need.rows.columns)
        with pytest.raises(ValueError, match="colour"):
            actions.begin(need.rows.retry_type, {"colour": 1}, selected_at=timezone.now(), actor=Actor("Bob"))


@pytest.mark.parametrize("action_type", [Type.RETRY, Type.WITHDRAW])
def test_a_run_that_is_killed_goes_on_and_does_each_delivery_once(action_type, crm, deliver, bob, notified, monkeypatch):
    deliver(crm, 11, state="needs_person")
    if action_type == Type.WITHDRAW:
        remove_job(crm.pk, actor=bob)
        action = DeliveryAction.objects.get()
    else:
        action = actions.begin(action_type, {}, selected_at=timezone.now(), actor=bob)
    work(action, chunks=1, monkeypatch=monkeypatch)
    assert (action.state, action.done) == (State.RUNNING, 4)
    runs.sweep()
    work(action)
    at_removal = 4 if action_type == Type.WITHDRAW else 0
    assert (action.state, action.done, action.total) == (State.DONE, 11 - at_removal, 11 - at_removal)
    assert set(states()) == {"withdrawn" if at_removal else "queued"}
    assert LeadNote.objects.filter(kind="delivery", changes__0__0="Delivery to CRM", changes__0__1="Needs a person").count() == 11


def test_the_rights_of_the_starter_are_asked_for_each_chunk(crm, deliver, super_user, monkeypatch, notified):
    user, actor = super_user
    deliver(crm, 9, state="needs_person")
    for change in ({"is_active": False}, {"role": roles.PUBLISHER}):
        action = actions.begin(Type.RETRY, {}, selected_at=timezone.now(), actor=actor)
        work(action, chunks=1, monkeypatch=monkeypatch)
        before = {name: getattr(user, name) for name in change}
        type(user).objects.filter(pk=user.pk).update(**change)
        work(action)
        assert (action.state, action.done) == (State.FAILED, 4)
        assert action.error == f"{user.name} may not do this any more: what was not reached stays as it was."
        type(user).objects.filter(pk=user.pk).update(**before)
        Delivery.objects.update(state="needs_person")


def test_a_removal_of_much_answers_at_once_and_a_run_withdraws_the_rest(crm, deliver, reader):
    deliver(crm, 7)
    deliver(crm, 6, state="needs_person")
    (sent,) = deliver(crm, state="sent")
    admin = reader()
    admin.post(f"/v2/campaigns/{crm.campaign_id}/processr/jobs/{crm.pk}/remove")
    action = DeliveryAction.objects.get()
    assert sorted(states()) == [*["needs_person"] * 6, *["queued"] * 3, "sent", *["withdrawn"] * 4]
    log = f"/v2/campaigns/{crm.campaign_id}/processr/{crm.pk}/deliveries"
    assert "What was not sent is being withdrawn: progress" in admin.get(log).words
    work(action)
    assert (action.state, action.done, action.total) == (State.DONE, 9, 9)
    assert sorted(states()) == ["sent", *["withdrawn"] * 13]
    assert "withdrawn: progress" not in admin.get(log).words
    assert Notification.objects.get().text.startswith("Removal of CRM")
    assert Delivery.objects.get(pk=sent.pk).answer != "The integration was removed"


def test_a_withdrawal_that_is_stopped_can_be_gone_on_with(crm, deliver, reader, bob, monkeypatch):
    deliver(crm, 12)
    remove_job(crm.pk, actor=bob)
    action = DeliveryAction.objects.get()
    work(action, chunks=1, monkeypatch=monkeypatch)
    admin = reader()
    assert "It stops after its current deliveries." in admin.post(f"/v2/deliveries/actions/{action.pk}/stop").words
    work(action)
    assert (action.state, sorted(states())) == (State.STOPPED, [*["queued"] * 4, *["withdrawn"] * 8])
    page = admin.get(f"/v2/deliveries/actions/{action.pk}")
    assert "Stopped after 4 of 8." in page.words
    assert "Withdraw the rest" in page.words
    admin.post(f"/v2/deliveries/actions/{action.pk}/go-on")
    work(DeliveryAction.objects.latest("pk"))
    assert set(states()) == {"withdrawn"}
    answer = admin.post(f"/v2/deliveries/actions/{DeliveryAction.objects.latest('pk').pk}/go-on")
    assert "Only a withdrawal that was stopped or has failed can be gone on with." in answer.words


def test_an_action_is_shown_to_its_starter_and_to_those_who_see_everything(crm, deliver, bob, reader):
    deliver(crm, 1, state="needs_person")
    action = actions.begin(Type.RETRY, {}, selected_at=timezone.now(), actor=bob)
    address = f"/v2/deliveries/actions/{action.pk}"
    assert reader().get(address).status == 200
    assert reader(roles.AGENCY).get(address).status == 404
    assert reader(roles.AGENCY).post(f"{address}/stop").status == 404
    assert reader(roles.PUBLISHER).get(address).status == 403
