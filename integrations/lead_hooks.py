"""The integrations' hooks into leads: leads that are being sent or wait in a pending batch cannot be changed."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from django import forms
from django.db.models import Count, Q, QuerySet

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
from leads.extension_points import Arrivals, BulkChoice, BulkEffect, EditGuard, arrivals, bulk_effects, edit_guards
from leads.lifecycle import notes
from leads.models import BulkAction, Lead, LeadNote
from leads.signals import Move
from leads.statuses import Refusal
from processr.models import Job

GOING_ON: Mapping[str, str] = {Delivery.State.SENDING: texts.BEING_SENT, Delivery.State.IN_FILE: texts.IN_FILE}
"""The states of deliveries that no change of their lead withdraws, with the reason that a lead has in them."""


@bulk_effects.register
class BeingSentVeto(BulkEffect):
    """Refuses to reprocess leads that are being sent, or are in a file.

    Reprocessing withdraws a lead's deliveries, which is too late for one that is being sent (decision 6). A worker
    locks the lead to claim a delivery, so none can start while the lead is locked.
    """

    key = "sending"
    types = frozenset({Reprocess.key})

    def refusals(self, lead_ids: Collection[int]) -> Mapping[int, str]:
        going_on = Delivery.objects.filter(lead__in=lead_ids, state__in=GOING_ON).order_by("state")
        return {lead_id: GOING_ON[state] for lead_id, state in going_on.values_list("lead_id", "state")}


@bulk_effects.register
class SentSince(BulkEffect):
    """Refuses to undo leads that are being sent or in a file, or were sent since the action, by its choice or not (decisions 29, 42)."""

    key = "sent_since"
    types = frozenset({Undo.key})
    passing_reasons = frozenset(GOING_ON.values())

    def refusals(self, lead_ids: Collection[int]) -> Mapping[int, str]:
        undone = self.action.undoes
        assert undone is not None, "an undo is created with the action that it undoes"
        sent = Q(state=Delivery.State.SENT, taken_back_at=None) & (Q(action_id=undone.pk) | Q(sent_at__gte=undone.saved_at))
        deliveries = Delivery.objects.filter(Q(state__in=GOING_ON) | sent, lead__in=lead_ids).order_by("-state")
        reasons = {**GOING_ON, Delivery.State.SENT: texts.SENT_SINCE}
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
        waiting = Q(state=Delivery.State.QUEUED, job__type__in=types_sent_in_batches()) | Q(state=Delivery.State.IN_FILE)
        in_batch = Delivery.objects.filter(waiting, lead__in=lead_ids)
        return dict.fromkeys(in_batch.values_list("lead_id", flat=True), texts.IN_PENDING_BATCH)


@arrivals.register
class ArrivedDeliveries(Arrivals):
    """Leads that an integration has sent, and whose answer came when they were Valid no longer (decision 34)."""

    key = "deliveries"

    def times(self, lead_ids: Collection[int]) -> Mapping[int, datetime]:
        arrived = Delivery.objects.filter(lead__in=lead_ids, arrived_while_not_valid=True)
        return {lead: sent_at for lead, sent_at in arrived.order_by("-sent_at").values_list("lead", "sent_at") if sent_at}
