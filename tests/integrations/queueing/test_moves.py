"""The deliveries of a lead after each of its moves (decisions 6, 7, 8)."""

import pytest

from integrations.models import Delivery
from leads import lifecycle
from leads.lifecycle import claims
from leads.models import Lead
from processr import services
from tests.integrations.queueing.acts import asking_for, given_up, jobs_of, judged, sent, states, stuck, taken
from tests.leads.acts import judge_all, verdict

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("qa_status", "rounds"), [("valid", [(1, "queued")]), ("caution", []), ("invalid", []), ("test", [])]
)  # fmt: skip
def test_a_judged_lead_is_queued_when_it_is_valid(qa_status, rounds, campaign, crm, make_leads):
    (lead,) = judged(campaign, make_leads, qa_status=qa_status)
    assert states(lead) == rounds


def test_a_queued_delivery_is_new_in_every_way(campaign, crm, make_leads):
    (lead,) = judged(campaign, make_leads)
    delivery = Delivery.objects.get()
    assert (delivery.lead_id, delivery.job_id, delivery.round, delivery.state, delivery.attempts) == (lead.pk, crm.pk, 1, "queued", 0)
    assert (len(delivery.event_id), delivery.claim, delivery.sent_at, delivery.taken_back_at) == (24, None, None, None)
    assert delivery.not_before <= delivery.created_at


def test_no_two_deliveries_have_one_event_id(campaign, crm, make_leads):
    judged(campaign, make_leads, 50)
    assert len(set(Delivery.objects.values_list("event_id", flat=True))) == 50


def flag(to, **extras):
    return lambda lead, bob: lifecycle.flag([lead.pk], to, actor=bob, reason="x", **extras)


def again(qa_status):
    """Run the lead once more, with this result."""

    def act(lead, bob):
        lifecycle.requeue([lead.pk], actor=bob)
        judge_all(lead.campaign, qa_status)

    return act


def on_all(verb):
    return lambda lead, bob: verb([lead.pk], actor=bob)


def delivered_and_not(lead, bob):
    lifecycle.mark_delivered([lead.pk], actor=bob)
    lifecycle.mark_undelivered([lead.pk], actor=bob)


def restored(lead, bob):
    lifecycle.delete([lead.pk], actor=bob)
    lifecycle.restore([lead.pk], actor=bob)


def held(lead, bob):
    lifecycle.hold([lead.pk], reason="no_job")


def edited(lead, bob):
    lifecycle.edit({lead.pk: {"company": "Acme"}}, actor=bob)


def unflagged_from(to):
    def act(lead, bob):
        flag(to)(lead, bob)
        lifecycle.unflag([lead.pk], actor=bob)

    return act


QUEUED, STUCK, SENDING, SENT, FAILED = ("queued",), ("needs_person",), ("sending",), ("sent",), ("failed",)
GONE = ("withdrawn",)
ANEW = ("withdrawn", "queued")
MOVES = {
    "flag invalid": (flag("invalid"), {"queued": GONE, "stuck": GONE, "sending": SENDING, "sent": SENT, "failed": FAILED}),
    "flag test": (flag("test"), {"queued": GONE, "stuck": GONE, "sending": SENDING, "sent": SENT, "failed": FAILED}),
    "flag valid": (flag("valid"), {"queued": QUEUED, "stuck": STUCK, "sending": SENDING, "sent": SENT, "failed": FAILED}),
    "unflag invalid": (unflagged_from("invalid"), {"queued": ANEW, "stuck": ANEW, "sending": SENDING, "sent": SENT, "failed": ("failed", "queued")}),
    "unflag test": (unflagged_from("test"), {"queued": ANEW, "stuck": ANEW, "sending": SENDING, "sent": ("sent", "queued"), "failed": ("failed", "queued")}),
    "delete": (on_all(lifecycle.delete), {"queued": GONE, "stuck": GONE, "sending": SENDING, "sent": SENT, "failed": FAILED}),
    "restore": (restored, {"queued": ANEW, "stuck": ANEW, "sending": SENDING, "sent": SENT, "failed": ("failed", "queued")}),
    "requeue": (on_all(lifecycle.requeue), {"queued": GONE, "stuck": GONE, "sending": SENDING, "sent": SENT, "failed": FAILED}),
    "valid again": (again("valid"), {"queued": ANEW, "stuck": ANEW, "sending": SENDING, "sent": SENT, "failed": ("failed", "queued")}),
    "caution now": (again("caution"), {"queued": GONE, "stuck": GONE, "sending": SENDING, "sent": SENT, "failed": FAILED}),
    "mark delivered": (on_all(lifecycle.mark_delivered), {"queued": GONE, "stuck": GONE, "sending": SENDING, "failed": FAILED}),
    "mark undelivered": (delivered_and_not, {"queued": GONE, "stuck": GONE, "sending": SENDING, "failed": FAILED}),
    "replacement": (on_all(lifecycle.mark_replacement), {"queued": QUEUED, "stuck": STUCK, "sending": SENDING, "sent": SENT, "failed": FAILED}),
    "hold": (held, {"queued": QUEUED, "stuck": STUCK, "sending": SENDING, "sent": SENT, "failed": FAILED}),
    "edit": (edited, {"queued": QUEUED, "stuck": STUCK, "sending": SENDING, "failed": FAILED}),
}  # fmt: skip
BEFORE = {"queued": [], "stuck": [stuck], "sending": [taken], "sent": [sent], "failed": [stuck, given_up]}


@pytest.mark.parametrize(("move", "before"), [(move, before) for move, (_, ends) in MOVES.items() for before in ends])
def test_a_move_of_a_valid_lead_leaves_its_deliveries_so(move, before, campaign, crm, make_leads, bob):
    (lead,) = judged(campaign, make_leads)
    for act in BEFORE[before]:
        act(lead)
    act, ends = MOVES[move]
    act(lead, bob)
    assert states(lead) == list(enumerate(ends[before], start=1))


@pytest.mark.parametrize("qa_status", ["caution", "invalid"])
def test_a_lead_that_a_flag_makes_valid_goes_nowhere_unless_somebody_chooses(qa_status, campaign, crm, integrate, make_leads, bob):
    other = integrate("Other")
    plain, chosen = judged(campaign, make_leads, 2, qa_status=qa_status)
    lifecycle.flag([plain.pk], "valid", actor=bob, reason="x")
    lifecycle.flag([chosen.pk], "valid", actor=bob, reason="x", extras=asking_for([other.pk]))
    assert (jobs_of(plain), jobs_of(chosen)) == ([], [other.pk])


def test_a_flagged_lead_that_runs_again_goes_wherever_valid_ones_go(campaign, crm, make_leads, bob):
    """Its current status is Valid, whatever the jobs find (decision 6)."""
    (lead,) = judged(campaign, make_leads, qa_status="invalid")
    lifecycle.flag([lead.pk], "valid", actor=bob, reason="x")
    again("invalid")(lead, bob)
    assert states(lead) == [(1, "queued")]


def test_a_flag_that_keeps_a_lead_from_valid_keeps_it_in_the_house_when_it_runs_again(campaign, crm, make_leads, bob):
    invalid, test = judged(campaign, make_leads, 2)
    for lead, to in ((invalid, "invalid"), (test, "test")):
        lifecycle.flag([lead.pk], to, actor=bob, reason="x")
        again("valid")(lead, bob)
        assert states(lead) == [(1, "withdrawn")]


@pytest.mark.parametrize(
    ("before", "ends"),
    [
        ([], ["queued"]), ([taken], ["sending"]), ([sent], ["sent", "queued"]),
        ([stuck], ["withdrawn", "queued"]), ([stuck, given_up], ["failed", "queued"]),
    ],
)  # fmt: skip
def test_a_chosen_integration_gets_a_round_unless_one_is_on_its_way(before, ends, campaign, crm, make_leads, bob):
    (lead,) = judged(campaign, make_leads)
    for act in before:
        act(lead)
    lifecycle.flag([lead.pk], "valid", actor=bob, reason="x", extras=asking_for([crm.pk]))
    assert states(lead) == list(enumerate(ends, start=1))


def test_to_send_once_more_keeps_the_first_time_of_delivery(campaign, crm, make_leads, bob):
    (lead,) = judged(campaign, make_leads)
    sent(lead)
    first = Lead.objects.get(pk=lead.pk).first_delivered_at
    lifecycle.flag([lead.pk], "valid", actor=bob, reason="x", extras=asking_for([crm.pk]))
    sent(lead)
    assert states(lead) == [(1, "sent"), (2, "sent")]
    assert (Lead.objects.get(pk=lead.pk).first_delivered_at, first is None) == (first, False)


def test_what_was_chosen_is_queued_only_where_it_can_be(campaign, crm, integrate, make_campaign, make_leads, bob):
    elsewhere = integrate("Elsewhere", on=make_campaign())
    closed, removed = integrate("Closed"), integrate("Removed")
    quality = services.add_job(campaign, "first_last_name_match", actor=bob)
    services.disable_job(closed.pk, actor=bob)
    services.remove_job(removed.pk, actor=bob)
    (lead,) = judged(campaign, make_leads, qa_status="caution")
    everything = [crm.pk, elsewhere.pk, closed.pk, removed.pk, quality.pk, 2**62]
    lifecycle.flag([lead.pk], "valid", actor=bob, reason="x", extras=asking_for(everything))
    assert jobs_of(lead) == [crm.pk]


@pytest.mark.parametrize("to", ["invalid", "test"])
def test_a_choice_means_nothing_with_another_flag(to, campaign, crm, make_leads, bob):
    (lead,) = judged(campaign, make_leads, qa_status="caution")
    lifecycle.flag([lead.pk], to, actor=bob, reason="x", extras=asking_for([crm.pk]))
    assert states(lead) == []


def test_closed_integrations_take_no_new_leads_and_give_back_those_they_have(campaign, crm, make_leads, bob):
    (early,) = judged(campaign, make_leads)
    services.disable_job(crm.pk, actor=bob)
    (late,) = judged(campaign, make_leads)
    assert (states(early), states(late)) == ([(1, "queued")], [])
    lifecycle.flag([early.pk], "invalid", actor=bob, reason="x")
    assert states(early) == [(1, "withdrawn")]


def test_marked_undelivered_a_lead_has_not_arrived_and_goes_out_with_its_next_run(campaign, crm, make_leads, bob):
    (lead,) = judged(campaign, make_leads)
    sent(lead)
    again("valid")(lead, bob)
    assert states(lead) == [(1, "sent")]
    lifecycle.mark_undelivered([lead.pk], actor=bob)
    assert Delivery.objects.get().taken_back_at is not None
    again("valid")(lead, bob)
    assert states(lead) == [(1, "sent"), (2, "queued")]


@pytest.mark.sql
def test_the_moment_in_which_a_delivery_was_taken_back_stays(campaign, crm, make_leads, bob):
    (lead,) = judged(campaign, make_leads)
    sent(lead)
    lifecycle.mark_undelivered([lead.pk], actor=bob)
    first = Delivery.objects.get().taken_back_at
    delivered_and_not(lead, bob)
    assert Delivery.objects.get().taken_back_at == first


def test_an_integration_that_comes_later_gets_the_leads_that_run_again(campaign, crm, integrate, make_leads, bob):
    (lead,) = judged(campaign, make_leads)
    sent(lead)
    late = integrate("Late")
    again("valid")(lead, bob)
    assert (states(lead, crm), states(lead, late)) == ([(1, "sent")], [(1, "queued")])


def test_rounds_are_counted_for_each_integration_by_itself(campaign, crm, integrate, make_leads, bob):
    (lead,) = judged(campaign, make_leads)
    again("valid")(lead, bob)
    other = integrate("Other")
    again("valid")(lead, bob)
    assert states(lead, crm) == [(1, "withdrawn"), (2, "withdrawn"), (3, "queued")]
    assert states(lead, other) == [(1, "queued")]


def test_a_lead_under_way_is_left_to_its_run(campaign, crm, make_leads, bob):
    """Removing a flag, or restoring, while the lead waits: the run decides whether it is sent."""
    unflagged, restored_ = judged(campaign, make_leads, 2)
    ids = [unflagged.pk, restored_.pk]
    lifecycle.flag([unflagged.pk], "invalid", actor=bob, reason="x")
    lifecycle.requeue(ids, actor=bob)
    lifecycle.unflag([unflagged.pk], actor=bob)
    restored(restored_, bob)
    assert not Delivery.objects.filter(state="queued").exists()
    judge_all(campaign)
    assert (states(unflagged), states(restored_)) == ([(1, "withdrawn"), (2, "queued")],) * 2


def test_a_run_that_is_not_recorded_queues_nothing(campaign, crm, make_leads, monkeypatch):
    make_leads(campaign, 3)
    claim = claims.claim(campaign.pk, limit=5)
    monkeypatch.setattr("integrations.receivers.notify_workers", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        lifecycle.judge([verdict(lead.pk) for lead in claim.leads], token=claim.token)
    assert not Delivery.objects.exists()
    assert set(Lead.objects.values_list("processr_status", flat=True)) == {"processing"}
