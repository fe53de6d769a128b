"""The integrations' hooks into leads.

Leads that are being sent or wait in a pending batch cannot be changed, and a lead that the Processr has completed can
still wait for a batch or a person (decision 12).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from django import forms
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from campaigns.scope import Who
from config.core.actor import SYSTEM
from config.core.background.notify import notify_workers
from integrations import texts
from integrations.base import types_sent_in_batches
from integrations.delivery import queue
from integrations.models import Delivery
from integrations.selectors import SEES_DELIVERIES
from integrations.services import MOST_NOTIFICATIONS, QUEUE, TASK
from leads.bulk.actions import MarkValid, Reprocess, SendAgain
from leads.bulk.drafts import REMARKED
from leads.bulk.runner import frozen_ids
from leads.bulk.undo import Undo
from leads.extension_points import BulkChoice, BulkEffect, EditGuard, Hold, bulk_effects, edit_guards, hold_reasons
from leads.lifecycle import notes
from leads.models import BulkAction, Lead, LeadNote
from leads.signals import Move
from leads.statuses import Refusal
from processr.models import Job


@bulk_effects.register
class BeingSentVeto(BulkEffect):
    """Refuses to reprocess leads that are being sent.

    Reprocessing withdraws a lead's deliveries, which is too late for one that is being sent (decision 6). A worker
    locks the lead to claim a delivery, so none can start while the lead is locked.
    """

    key = "sending"
    types = frozenset({Reprocess.key})

    def refusals(self, lead_ids: Collection[int]) -> Mapping[int, str]:
        sending = Delivery.objects.filter(lead__in=lead_ids, state=Delivery.State.SENDING)
        return dict.fromkeys(sending.values_list("lead_id", flat=True), texts.BEING_SENT)


@bulk_effects.register
class SentSince(BulkEffect):
    """Refuses to undo leads that are being sent, or were sent since the action, whether it chose that or not (decisions 29 and 42)."""

    key = "sent_since"
    types = frozenset({Undo.key})
    passing_reasons = frozenset({texts.BEING_SENT})

    def refusals(self, lead_ids: Collection[int]) -> Mapping[int, str]:
        undone = self.action.undoes
        assert undone is not None, "an undo is created with the action that it undoes"
        sent = Q(state=Delivery.State.SENT, taken_back_at=None) & (Q(action_id=undone.pk) | Q(sent_at__gte=undone.saved_at))
        deliveries = Delivery.objects.filter(Q(state=Delivery.State.SENDING) | sent, lead__in=lead_ids).order_by("-state")
        reasons = {Delivery.State.SENDING: texts.BEING_SENT, Delivery.State.SENT: texts.SENT_SINCE}
        return {lead_id: reasons[Delivery.State(state)] for lead_id, state in deliveries.values_list("lead_id", "state")}


@bulk_effects.register
class ChosenIntegrations(BulkEffect):
    """Offers the integrations of the leads' campaigns: leads marked as Valid, or sent again, go to the chosen ones (decision 8)."""

    key = "chosen_integrations"
    types = frozenset({MarkValid.key, SendAgain.key})

    def fields(self, campaign_ids: Collection[int]) -> Mapping[str, forms.Field]:
        jobs = _integrations_of(campaign_ids)
        choices = [(pk, f"{campaign}: {label}") for pk, campaign, label in jobs.values_list("pk", "campaign__name", "label")]
        field = forms.TypedMultipleChoiceField(
            label="Integrations",
            help_text=texts.NONE_CHOSEN if choices else texts.NONE_TO_CHOOSE,
            coerce=int,
            required=False,
            choices=sorted(choices, key=itemgetter(1)),
            widget=forms.CheckboxSelectMultiple,
        )
        return {queue.EXTRAS_KEY: field}

    def choices(self, campaign_ids: Collection[int]) -> Mapping[str, list[BulkChoice]]:
        """Return the integrations, with the number of leads that each has sent already: they would get another round (decision 8)."""
        jobs = list(_integrations_of(campaign_ids).order_by("stage", "pk"))
        sent = Delivery.objects.filter(lead__in=frozen_ids(self.action), job__in=jobs, state=Delivery.State.SENT)
        before = dict(sent.order_by().values_list("job").annotate(n=Count("lead", distinct=True)))
        return {queue.EXTRAS_KEY: [BulkChoice(job.pk, job.label, job.campaign_id, before.get(job.pk, 0)) for job in jobs]}

    def extras(self) -> Mapping[str, Any]:
        """Return the chosen integrations by campaign, without those that were switched off meanwhile: nothing can be sent there."""
        by_campaign: dict[int, list[int]] = defaultdict(list)
        if chosen := self.action.settings.get(queue.EXTRAS_KEY):
            for campaign_id, job_id in _open_integrations().filter(pk__in=chosen).order_by("pk").values_list("campaign", "pk"):
                by_campaign[campaign_id].append(job_id)
        return {queue.EXTRAS_KEY: dict(by_campaign)}

    def named(self) -> Mapping[int, list[str]]:
        names: defaultdict[int, list[str]] = defaultdict(list)
        chosen = _open_integrations().filter(pk__in=self.action.settings.get(queue.EXTRAS_KEY, [])).order_by("pk")
        for campaign_id, label in chosen.values_list("campaign", "label"):
            names[campaign_id].append(label)
        return names

    def after_move(self, moves: Iterable[Move], refused: Mapping[int, str]) -> None:
        """Note on each lead which of the chosen integrations it was not queued for, as it was switched off since, and count them.

        Leads that were refused because nothing else was asked for them are counted too.
        """
        chosen = Job.objects.filter(pk__in=self.action.settings.get(queue.EXTRAS_KEY, [])).order_by("pk")
        closed = list(chosen.exclude(pk__in=_open_integrations())) if self.action.settings.get(queue.EXTRAS_KEY) else []
        if not closed:
            return
        campaign_of = {move.lead_id: move.campaign_id for move in moves}
        queued = set(
            Delivery.objects.filter(action_id=self.action.pk, lead__in=campaign_of, job__in=closed).values_list("lead_id", "job_id")
        )
        left_out: Counter[int] = Counter()
        changes: defaultdict[int, list[list[str]]] = defaultdict(list)
        for lead_id, campaign_id in campaign_of.items():
            for job in closed:
                if job.campaign_id == campaign_id and (lead_id, job.pk) not in queued:
                    left_out[job.pk] += 1
                    changes[lead_id].append([f"Delivery to {job.label}", "", texts.NOT_QUEUED])
        unasked = [lead_id for lead_id, reason in refused.items() if reason in (Refusal.ALREADY_VALID, Refusal.NOT_CHOSEN)]
        by_campaign = Lead.objects.filter(pk__in=unasked).order_by().values_list("campaign").annotate(n=Count("pk")) if unasked else ()
        refused_in = dict(by_campaign)
        left_out.update({job.pk: refused_in[job.campaign_id] for job in closed if job.campaign_id in refused_in})
        notes.add(changes, kind=LeadNote.Kind.DELIVERY, actor=SYSTEM, reason=texts.SWITCHED_OFF)
        self._count(left_out)

    def _count(self, left_out: Mapping[int, int]) -> None:
        """Add to what is kept with the action, which nobody else writes while its worker holds it."""
        answers = BulkAction.objects.values_list("answers", flat=True).get(pk=self.action.pk)
        counts = Counter(answers.get(REMARKED, {})) + Counter({str(pk): n for pk, n in left_out.items()})
        BulkAction.objects.filter(pk=self.action.pk).update(answers={**answers, REMARKED: counts})

    def remarks(self, who: Who) -> list[str]:
        counts = self.action.answers.get(REMARKED, {}) if who.role in SEES_DELIVERIES else {}
        jobs = Job.objects.filter(pk__in=counts).order_by("pk") if counts else ()
        return [texts.left_out(job.label, counts[str(job.pk)]) for job in jobs]


def _integrations_of(campaign_ids: Collection[int]) -> QuerySet[Job]:
    return _open_integrations().filter(campaign__in=campaign_ids)


def _open_integrations() -> QuerySet[Job]:
    return Job.objects.filter(category=Job.Category.INTEGRATION, enabled=True, removed_at=None)


@bulk_effects.register
class MovedDeliveries(BulkEffect):
    """Shows what an action does to deliveries, and takes it back with it."""

    key = "moved_deliveries"

    def preview(self, moves: Sequence[Move], cause: str, extras: Mapping[str, Any]) -> Mapping[str, int]:
        if self.action.undoes_id:
            return queue.preview_undo([move.lead_id for move in moves], self.action.undoes_id)
        return queue.preview(moves, cause=cause, extras=extras)

    def undo(self, moves: Sequence[Move]) -> None:
        jobs, batch_types = queue.undo([move.lead_id for move in moves], self.action.pk), types_sent_in_batches()
        to_send = sorted(job_id for job_id, job_type in jobs.items() if job_type not in batch_types)
        for job_id in to_send[:MOST_NOTIFICATIONS]:
            notify_workers(QUEUE, job_id, TASK)


@edit_guards.register
class PendingBatchGuard(EditGuard):
    """Refuses to edit leads in a pending batch: the file contains the lead as it was when it was queued (decision 11)."""

    key = "pending_batch"

    def refusals(self, lead_ids: Collection[int]) -> Mapping[int, str]:
        queued = Delivery.objects.filter(lead__in=lead_ids, state=Delivery.State.QUEUED, job__type__in=types_sent_in_batches())
        return dict.fromkeys(queued.values_list("lead_id", flat=True), texts.IN_PENDING_BATCH)


AWAITING_BATCH, FAILED = "awaiting_batch", "integration_failed"
_HOLDS = """
SELECT lead_id, bool_or(state = 'queued' AND job.type = ANY(%(files)s)), bool_or(state IN ('needs_person', 'failed')) FROM (
    SELECT DISTINCT ON (lead_id, job_id) lead_id, job_id, state FROM integrations_delivery
    WHERE lead_id = ANY(%(leads)s) AND state <> 'withdrawn' ORDER BY lead_id, job_id, round DESC
) AS last JOIN processr_job AS job ON job.id = last.job_id
WHERE state IN ('queued', 'needs_person', 'failed') GROUP BY lead_id
"""


def holds(lead_ids: Collection[int]) -> Mapping[int, Collection[str]]:
    """Return the hold reasons by lead id.

    The last round of each integration counts that was not withdrawn, so a failure is over once the lead is sent again.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLDS, {"leads": list(lead_ids), "files": types_sent_in_batches()})
        rows = cursor.fetchall()
    reasons: dict[int, list[str]] = {}
    for lead_id, awaits_batch, has_failed in rows:
        reasons[lead_id] = [key for key, applies in ((AWAITING_BATCH, awaits_batch), (FAILED, has_failed)) if applies]
    return reasons


def last_rounds(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Return those for the lead of an outer query that count: of each integration, the last round that was not withdrawn."""
    effective = deliveries.exclude(state=Delivery.State.WITHDRAWN)
    later = Delivery.objects.filter(lead=OuterRef("lead"), job=OuterRef("job"), round__gt=OuterRef("round"))
    return effective.filter(~Exists(later.exclude(state=Delivery.State.WITHDRAWN)), lead=OuterRef("pk"))


def awaits_batch() -> Exists:
    """Return the condition on Lead for the hold, as `holds` finds it."""
    return Exists(last_rounds(Delivery.objects.filter(state=Delivery.State.QUEUED, job__type__in=types_sent_in_batches())))


def has_failed() -> Exists:
    return Exists(last_rounds(Delivery.objects.filter(state__in=(Delivery.State.NEEDS_PERSON, Delivery.State.FAILED))))


hold_reasons.register(Hold(AWAITING_BATCH, texts.AWAITING_BATCH, 540, holds, look="queued", condition=awaits_batch))
hold_reasons.register(Hold(FAILED, texts.INTEGRATION_FAILED, 600, holds, look="failed", condition=has_failed))
