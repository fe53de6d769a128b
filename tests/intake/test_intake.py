"""The intake service: one statement for one lead or a thousand."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from campaigns import services, submission
from config.core import enterprise
from config.core.errors import DomainError
from leads.intake.service import IncomingLead, OpenSubmission, Origin, SubmissionRefused, check_open, receive_lead, receive_leads
from leads.lifecycle import tallies
from leads.lifecycle.state import lock_states
from leads.models import Lead, TallyDelta
from leads.models.tally import KEYS
from leads.signals import leads_waiting
from leads.statuses import EntryPoint
from tests.intake.sender import JAMES

pytestmark = pytest.mark.django_db


@pytest.fixture
def door(campaign, form, pat):
    """In a process that has read the enterprise before: statements are counted here."""
    enterprise.current()
    return check_open(
        submission.load_submission_context(campaign.pk, form_id=form.pk, publisher_id=pat.pk, link_id=campaign.links.get().pk)
    )


@pytest.fixture
def announced():
    batches = []

    def note(*, campaign_ids, **_):
        batches.append(campaign_ids)

    leads_waiting.connect(note)
    yield batches
    leads_waiting.disconnect(note)


def arrivals(*external_ids, **values) -> list[IncomingLead]:
    return [IncomingLead({**JAMES, **values}, origin=Origin(external_id=external_id)) for external_id in external_ids]


def test_a_post_costs_two_statements(sender, pat, django_assert_num_queries):
    sender.post(publisherId=pat.pk)
    with django_assert_num_queries(2):
        sender.post(publisherId=pat.pk)


def test_a_thousand_leads_cost_one_statement(door, django_assert_num_queries):
    with django_assert_num_queries(1):
        received = receive_leads(door, arrivals(*[None] * 1000), entry_point=EntryPoint.IMPORT)
    ids = [lead.lead_id for lead in received]
    assert (len(set(ids)), ids) == (1000, sorted(ids))
    assert set(Lead.objects.values_list("imported", "lane", "entry_point")) == {(True, 1, "import")}


def test_a_chunk_tells_new_from_repeated_from_conflicting(door):
    first = receive_leads(door, arrivals("1"), entry_point=EntryPoint.IMPORT)[0]
    chunk = arrivals("1", "2", None, "2") + arrivals("1", "2", lastName="Other")
    received = receive_leads(door, chunk, entry_point=EntryPoint.IMPORT)
    assert [(lead.created, lead.differs) for lead in received] == [
        (False, False),
        (True, False),
        (True, False),
        (False, False),
        (False, True),
        (False, True),
    ]
    assert [received[n].lead_id for n in (0, 4)] == [first.lead_id] * 2
    assert len({received[n].lead_id for n in (1, 3, 5)}) == 1
    assert Lead.objects.count() == 3


def test_nothing_arriving_is_nothing_done(door, announced):
    assert receive_leads(door, [], entry_point=EntryPoint.IMPORT) == []
    assert (announced, TallyDelta.objects.count()) == ([], 0)


def test_new_leads_are_counted_as_the_lifecycle_would_count_them(door):
    receive_leads(door, arrivals(None, None, None), entry_point=EntryPoint.WEBHOOK)
    counted = set(TallyDelta.objects.values_list(*KEYS, "n"))
    TallyDelta.objects.all().delete()
    with transaction.atomic():
        tallies.record((None, state) for state in lock_states(list(Lead.objects.values_list("pk", flat=True))).values())
    assert counted == set(TallyDelta.objects.values_list(*KEYS, "n"))


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", date(2026, 6, 30)), ("Asia/Tokyo", date(2026, 7, 1)), ("America/New_York", date(2026, 6, 30))]
)
def test_a_lead_counts_for_the_day_of_the_enterprises_zone(door, monkeypatch, zone, day):
    monkeypatch.setattr("leads.intake.service.timezone.now", lambda: datetime(2026, 6, 30, 22, 30, tzinfo=UTC))
    monkeypatch.setattr("leads.intake.service.enterprise.zone", lambda: ZoneInfo(zone))
    receive_lead(door, JAMES, entry_point=EntryPoint.WEBHOOK)
    assert TallyDelta.objects.get().day == day


def test_a_lead_is_made_of_the_models_own_defaults(door):
    received = receive_lead(door, JAMES, entry_point=EntryPoint.WEBHOOK)
    lead, plain = Lead.objects.get(pk=received.lead_id), Lead()
    said = {
        "id",
        "lead_hash",
        "campaign_id",
        "publisher_id",
        "form_id",
        "link_id",
        "captured",
        "email",
        "name_key",
        "entry_point",
        "created_at",
        "updated_at",
    }
    untouched = [field.attname for field in Lead._meta.concrete_fields if field.attname not in said]
    assert {name: getattr(lead, name) for name in untouched} == {name: getattr(plain, name) for name in untouched}
    assert len(lead.lead_hash) == 32


def test_hashes_are_not_guessable_from_one_another(door):
    receive_leads(door, arrivals(*[None] * 50), entry_point=EntryPoint.WEBHOOK)
    assert len({lead_hash[:8] for lead_hash in Lead.objects.values_list("lead_hash", flat=True)}) == 50


def test_the_engine_is_called_once_a_chunk_and_not_for_repeats(door, announced):
    receive_leads(door, arrivals("1", "2"), entry_point=EntryPoint.WEBHOOK)
    receive_leads(door, arrivals("1", "2"), entry_point=EntryPoint.WEBHOOK)
    assert announced == [{door.context.campaign.pk}]


def test_a_lead_and_its_count_are_lost_together(door):
    with transaction.atomic():
        receive_lead(door, JAMES, entry_point=EntryPoint.WEBHOOK)
        transaction.set_rollback(True)
    assert (Lead.objects.count(), TallyDelta.objects.count()) == (0, 0)


def test_no_face_can_forget_that_a_door_is_closed(campaign, form, bob):
    services.pause(campaign.pk, actor=bob)
    door = submission.load_submission_context(campaign.pk, form_id=form.pk)
    for attempt in (check_open, OpenSubmission):
        with pytest.raises(SubmissionRefused, match="Campaign is inactive"):
            attempt(door)
    for unchecked in (
        lambda: receive_lead(door, JAMES, entry_point=EntryPoint.WEBHOOK),
        lambda: receive_leads(door, arrivals(None), entry_point=EntryPoint.IMPORT),
    ):
        with pytest.raises(AttributeError):
            unchecked()
    assert Lead.objects.count() == 0


def test_a_door_is_tried_once_for_a_lead(sender, pat, monkeypatch):
    tried = []

    def check(context):
        tried.append(context)
        return OpenSubmission(context)

    for module in ("leads.api.submit", "leads.intake.service"):
        monkeypatch.setattr(f"{module}.check_open", check)
    assert sender.post(publisherId=pat.pk).status_code == 201
    assert len(tried) == 1


def test_a_conflict_is_a_refusal_of_the_domain(door):
    receive_lead(door, JAMES, entry_point=EntryPoint.WEBHOOK, origin=Origin(external_id="1"))
    with pytest.raises(DomainError) as refusal:
        receive_lead(door, {**JAMES, "lastName": "Other"}, entry_point=EntryPoint.WEBHOOK, origin=Origin(external_id="1"))
    assert refusal.value.status == 409


def test_a_form_changed_a_moment_ago_is_checked_as_it_is_now(sender, form):
    assert sender.post().status_code == 201
    form.fields.filter(name="telephone").update(required=True)
    assert sender.post().status_code == 400


def test_a_door_to_nowhere_is_none(db):
    assert submission.load_submission_context(2**63 - 1, form_id=1) is None
