"""The effects of feedback: on its row, its lead, the money and the log; and what it leaves alone."""

from datetime import timedelta

import pytest
from django.db.models import Sum
from django.utils import timezone

from config.core.errors import DomainError
from config.core.models import AuditEntry
from integrations.feedback import services
from integrations.feedback.policy_services import change_policy, try_feedback
from integrations.feedback.requests import FeedbackRequest, FeedbackType
from integrations.feedback.services import approve, receive_feedback, refuse
from integrations.models import Delivery, Destination, Feedback, FeedbackPolicy, SentCount
from leads import lifecycle
from leads.models import FlagReason, FlagReasonCategory, LeadNote, PriceEntry
from leads.statuses import SecondCheck
from processr.models import Event
from processr.services import add_job
from tests.integrations.queueing import acts
from tests.leads.acts import again

pytestmark = pytest.mark.django_db
RETURN, CONVERSION = FeedbackType.RETURN, FeedbackType.CONVERSION


def give(delivery: Delivery, feedback_type=RETURN, reason: str = "Wrong number", **said) -> Feedback:
    return receive_feedback(FeedbackRequest(delivery.event_id, feedback_type, reason), **said).feedback


def prices(lead) -> list[tuple[str, int]]:
    return list(PriceEntry.objects.filter(lead=lead).order_by("pk").values_list("side", "sign"))


def test_an_accepted_return_makes_the_lead_invalid_and_reverses_both_sides(policy, delivered):
    version, delivery = policy(), delivered()
    lead = again(delivery.lead)
    assert (lead.publisher_billable, lead.advertiser_billable) == (True, True)
    feedback = give(delivery)
    lead = again(lead)
    assert (feedback.state, feedback.policy, feedback.repeats) == ("accepted", version, None)
    assert (lead.current_status, lead.flag_reason, lead.flag_comment) == ("invalid", "Returned", "Wrong number")
    assert (lead.publisher_billable, lead.advertiser_billable) == (False, False)
    assert sorted(prices(lead)) == [("advertiser", -1), ("advertiser", 1), ("publisher", -1), ("publisher", 1)]
    after = Delivery.objects.get(pk=delivery.pk)
    assert (after.state, after.sent_at, after.answer) == (delivery.state, delivery.sent_at, delivery.answer)


def test_feedback_is_an_event_and_a_note_of_its_own_without_the_event_id(policy, delivered):
    policy()
    delivery = delivered()
    feedback = give(delivery)
    event = Event.objects.get(kind="feedback")
    assert (event.lead_id, event.outcome, event.job_id, event.source["feedback"]) == (
        delivery.lead_id,
        "success",
        delivery.job_id,
        feedback.pk,
    )
    note = LeadNote.objects.get(kind="feedback")
    assert (note.changes, note.reason) == ([["Feedback from CRM", "", "Return accepted"]], "Wrong number")
    assert delivery.event_id not in f"{event.source} {event.message} {note.changes} {note.comment}"


def test_the_category_and_reason_that_the_words_mean_are_those_of_the_flag(policy, delivered, campaign):
    FlagReasonCategory.objects.create(reason=FlagReason.objects.get(flag="invalid", name="Returned"), name="Wrong details")
    policy(reasons=[{"words": "Wrong number", "category": "Wrong details"}, {"words": "Twice", "reason": "Duplicate"}])
    first, second = delivered(), delivered()
    give(first, reason="WRONG number")
    give(second, reason="twice")
    assert (again(first.lead).flag_reason, again(first.lead).flag_category) == ("Returned", "Wrong details")
    assert again(second.lead).flag_reason == "Duplicate"


def test_a_return_goes_over_another_reason_of_invalid(policy, delivered, bob):
    policy()
    delivery = delivered()
    lifecycle.flag([delivery.lead_id], SecondCheck.INVALID, actor=bob, reason="Duplicate")
    assert give(delivery).state == "accepted"
    assert again(delivery.lead).flag_reason == "Returned"
    assert PriceEntry.objects.filter(lead=delivery.lead, sign=-1).count() == 2, "by the person's flag, and not once more"


def test_a_policy_may_leave_the_lead_as_it_is(policy, delivered):
    policy(flagInvalid=False)
    delivery = delivered()
    assert give(delivery).state == "accepted"
    assert again(delivery.lead).current_status == "valid"


def test_a_conversion_is_recorded_and_changes_no_status(policy, delivered):
    policy()
    delivery = delivered()
    assert give(delivery, CONVERSION, "").state == "accepted"
    assert again(delivery.lead).current_status == "valid"
    assert LeadNote.objects.get(kind="feedback").changes == [["Feedback from CRM", "", "Conversion accepted"]]


def test_a_repeat_is_recorded_and_never_credited_twice(policy, delivered, bob):
    policy(quota={"count": 1, "period": "day"})
    delivery = delivered()
    first = give(delivery)
    lifecycle.flag([delivery.lead_id], SecondCheck.VALID, actor=bob, reason="Checked by hand")
    before = prices(delivery.lead)
    second = give(delivery)
    assert (second.state, second.repeats) == ("accepted", first)
    assert again(delivery.lead).current_status == "valid", "what a person has decided since stays"
    assert prices(delivery.lead) == before


def test_what_was_refused_is_decided_anew_by_the_policy_in_force_when_it_arrives(policy, delivered):
    old = policy(maximumAgeDays=7)
    delivery = delivered(sent_at=timezone.now() - timedelta(days=8, hours=3))
    refused = give(delivery)
    assert (refused.state, refused.policy) == ("refused", old)
    assert refused.refused_because == "Must provide return within 7 days: this one came 8 d 3 h after delivery"
    assert again(delivery.lead).current_status == "valid"
    new = policy(maximumAgeDays=30)
    accepted = give(delivery)
    assert (accepted.state, accepted.policy, accepted.repeats) == ("accepted", new, None)


def test_without_a_policy_it_is_forbidden_recorded_and_nothing_is_done(delivered):
    delivery = delivered()
    feedback = give(delivery)
    assert (feedback.state, feedback.refused_because, feedback.policy) == ("refused", "Feedback is forbidden", None)
    assert again(delivery.lead).current_status == "valid"


@pytest.mark.parametrize("change", [{"state": "queued", "sent_at": None}, {"state": "withdrawn"}, {"taken_back_at": timezone.now()}])
def test_what_was_not_delivered_is_refused(policy, delivered, change):
    policy()
    delivery = delivered()
    Delivery.objects.filter(pk=delivery.pk).update(**change)
    assert give(delivery).refused_because == "This lead was not delivered"


def test_unknown_events_and_those_of_deleted_leads_are_not_found(policy, delivered, bob):
    policy()
    delivery = delivered()
    lifecycle.delete([delivery.lead_id], actor=bob)
    for event_id in (delivery.event_id, "0" * 24):
        with pytest.raises(DomainError) as refusal:
            receive_feedback(FeedbackRequest(event_id, RETURN, ""))
        assert (refusal.value.status, str(refusal.value)) == (404, services.UNKNOWN)
    assert not Feedback.objects.exists()


def test_rules_ask_the_values_that_the_lead_has_now(policy, delivered):
    policy(rules=[{"field": "company", "values": ["Acme"]}])
    assert give(delivered(company="ACME")).state == "accepted"
    assert give(delivered(company="Other")).state == "refused"


@pytest.mark.sql
def test_a_quota_counts_what_was_taken_in_the_period_and_no_repeats(policy, delivered):
    policy(quota={"count": 2, "period": "month"})
    first, second, third = delivered(), delivered(), delivered()
    assert [give(each).state for each in (first, first, second, third)] == ["accepted", "accepted", "accepted", "refused"]
    Feedback.objects.update(received_at=timezone.now() - timedelta(days=40))
    assert give(third).state == "accepted"


def test_a_percentage_is_of_what_was_sent_in_the_period(policy, delivered, crm):
    policy(quota={"percent": 10, "period": "day"})
    SentCount.objects.create(destination=Destination.objects.create(job=crm), day=timezone.now().date(), n=25)
    assert [give(delivered()).state for _ in range(3)] == ["accepted", "accepted", "refused"]


def test_conflicts_are_marked_or_refused(policy, delivered):
    policy()
    delivery = delivered()
    give(delivery, CONVERSION)
    assert give(delivery).conflict
    policy(conflicts="refuse")
    other = delivered()
    give(other)
    refused = give(other, CONVERSION)
    assert (refused.state, refused.conflict) == ("refused", True)


def test_two_receivers_of_a_lead_give_feedback_each_for_itself(policy, integrate, campaign, make_leads):
    second = integrate("ERP")
    policy()
    policy(on=second)
    (lead,) = acts.judged(campaign, make_leads)
    acts.sent(lead)
    given = [give(delivery) for delivery in Delivery.objects.filter(lead=lead).order_by("pk")]
    assert [(each.state, each.repeats) for each in given] == [("accepted", None)] * 2
    assert PriceEntry.objects.filter(lead=lead, sign=-1).count() == 2


class TestApproval:
    @pytest.fixture(autouse=True)
    def _asks(self, policy):
        policy(approval=True)

    def test_what_waits_changes_nothing_until_it_is_approved(self, delivered, bob):
        delivery = delivered()
        feedback, repeat = give(delivery), give(delivery)
        assert (feedback.state, repeat.state, repeat.repeats) == ("waiting", "waiting", feedback)
        assert again(delivery.lead).current_status == "valid"
        assert approve([feedback.pk, repeat.pk, 10**9], actor=bob, remark="Agreed").refused == {
            repeat.pk: "decided already",
            10**9: "not found",
        }
        feedback.refresh_from_db()
        repeat.refresh_from_db()
        assert (feedback.state, repeat.state, feedback.remark, feedback.decided_by_name) == ("accepted", "accepted", "Agreed", "Bob Admin")
        lead = again(delivery.lead)
        assert (lead.current_status, lead.flag_reason, lead.flagged_by) == ("invalid", "Returned", "Bob Admin")
        assert PriceEntry.objects.filter(lead=lead, sign=-1).count() == 2
        assert list(Event.objects.filter(kind="feedback").order_by("pk").values_list("outcome", flat=True)) == [
            "failure",
            "failure",
            "success",
        ]
        assert AuditEntry.objects.filter(action="returns approved").count() == 1

    def test_what_is_refused_leaves_the_lead_and_cannot_be_approved_any_more(self, delivered, bob):
        delivery = delivered()
        feedback = give(delivery)
        assert refuse([feedback.pk], actor=bob, remark="They reached her").ids == [feedback.pk]
        assert approve([feedback.pk], actor=bob).refused == {feedback.pk: "decided already"}
        assert again(delivery.lead).current_status == "valid"
        feedback.refresh_from_db()
        assert (feedback.state, feedback.refused_because) == ("refused", services.REFUSED_BY_PERSON)

    def test_many_are_decided_at_once_with_few_statements(self, delivered, bob, django_assert_max_num_queries):
        given = [give(delivered()) for _ in range(12)]
        with django_assert_max_num_queries(60):
            assert len(approve([each.pk for each in given], actor=bob).ids) == 12

    def test_one_that_waits_holds_its_place_in_the_quota(self, policy, delivered):
        policy(approval=True, quota={"count": 1, "period": "week"})
        assert [give(delivered()).state for _ in range(2)] == ["waiting", "refused"]

    def test_a_conversion_meanwhile_is_a_conflict(self, delivered, bob):
        delivery = delivered()
        feedback = give(delivery)
        give(delivery, CONVERSION)
        approve([feedback.pk], actor=bob)
        feedback.refresh_from_db()
        assert feedback.conflict

    def test_that_of_a_lead_deleted_meanwhile_is_not_found(self, delivered, bob):
        delivery = delivered()
        feedback = give(delivery)
        lifecycle.delete([delivery.lead_id], actor=bob)
        assert approve([feedback.pk], actor=bob).refused == {feedback.pk: "not found"}


class TestPolicies:
    def test_each_change_is_a_version_and_audited_and_the_same_again_is_none(self, crm, bob):
        first = change_policy(crm.pk, {"returns": True}, actor=bob)
        assert change_policy(crm.pk, {"returns": True}, actor=bob) == first
        second = change_policy(crm.pk, {"maximumAgeDays": 7}, actor=bob)
        assert (first.version, second.version, second.body["returns"]) == (1, 2, True)
        entries = AuditEntry.objects.filter(action="feedback policy changed").order_by("pk")
        assert [(entry.before, entry.after) for entry in entries] == [
            ({"returns": False}, {"version": 1, "returns": True}),
            ({"maximumAgeDays": None}, {"version": 2, "maximumAgeDays": 7}),
        ]

    def test_a_page_that_shows_an_older_version_does_not_overwrite_it(self, crm, bob):
        change_policy(crm.pk, {"returns": True}, actor=bob, seen_version=0)
        with pytest.raises(DomainError) as refusal:
            change_policy(crm.pk, {"conversions": True}, actor=bob, seen_version=0)
        assert refusal.value.status == 409

    def test_reasons_are_those_that_invalid_has(self, crm, bob):
        for row, field in (({"reason": "No such"}, "reason"), ({"reason": "Other"}, "reason"), ({"category": "No such"}, "category")):
            with pytest.raises(DomainError) as refusal:
                change_policy(crm.pk, {"reasons": [{"words": "Wrong number", **row}]}, actor=bob)
            assert refusal.value.field == f"feedback.reasons[0].{field}"
        assert not FeedbackPolicy.objects.exists()

    def test_only_integrations_have_one(self, campaign, bob):
        job = add_job(campaign, "test_data", actor=bob)
        with pytest.raises(DomainError, match="Only integrations"):
            change_policy(job.pk, {"returns": True}, actor=bob)

    def test_a_try_shows_the_decision_and_records_nothing(self, policy, delivered, crm, integrate):
        policy(maximumAgeDays=7)
        delivery = delivered()
        tried = FeedbackRequest(delivery.event_id, RETURN, "x")
        assert try_feedback(crm, tried).state == "accepted"
        assert try_feedback(crm, tried, age=timedelta(days=8)).state == "refused"
        with pytest.raises(DomainError):
            try_feedback(integrate("ERP"), tried)
        assert not Feedback.objects.exists()
        assert again(delivery.lead).current_status == "valid"


def test_flags_are_the_sums_of_the_price_entries(policy, delivered):
    policy()
    delivery = delivered()
    give(delivery)
    sums = PriceEntry.objects.filter(lead=delivery.lead).values("side").annotate(n=Sum("sign"))
    assert {row["n"] for row in sums} == {0}
