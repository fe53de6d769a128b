"""Actions over any number of deliveries or messages, as background runs: over all that match on *Needs a person*,
all that failed of a destination, or all of a removed integration."""

from collections import Counter
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Any, ClassVar, NamedTuple, TypeAlias

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from typing_extensions import override

from campaigns.models import Campaign
from campaigns.scope import Who, scope_of
from config.core.actor import Actor
from config.core.background import runs
from config.core.background.locks import named_key
from config.core.background.runs import EndNotification, Progress, RunType
from config.core.errors import DomainError
from config.core.lists.pagination import count_capped
from config.core.models import User
from integrations import services
from integrations.delivery import queue
from integrations.destinations.resending import failed_rows
from integrations.destinations.selectors import DestinationOwner, destination_of
from integrations.destinations.services import end_rest, notify_of_destination
from integrations.messages import services as message_services
from integrations.messages.selectors import messages_for, messages_in_need
from integrations.models import Delivery, DeliveryAction, Message, OutboundEvent
from integrations.selectors import SEES_DELIVERIES, WAITING_CAP, Count, deliveries_for, needs_person
from integrations.services import AT_MOST, BulkResult
from processr.models import Job
from processr.services.locking import refuse_locked

NOTIFICATION_KIND = "delivery_action"
Type: TypeAlias = DeliveryAction.Type
State: TypeAlias = Delivery.State
DONE: dict[str, str] = {
    Type.RETRY: "will be sent again",
    Type.RETRY_MESSAGES: "will be sent again",
    Type.GIVE_UP: "given up",
    Type.GIVE_UP_MESSAGES: "given up",
    Type.WITHDRAW: "withdrawn",
    Type.RESEND: "will be sent again",
}


@dataclass(frozen=True)
class RowsInNeed:
    """Rows of the outbox of one kind that need a person, and what can be decided about them.

    `group` is the column by which their index has them, before their ids. `columns` are the columns that the filters of
    their list compare. In `services`, `retry` and `give_up` leave an audit entry; `requeue` and `fail`, for the chunks of a
    run, leave none.
    """

    noun: tuple[str, str]
    model: type[Delivery | Message]
    seen_by: Callable[[Who], QuerySet[Any]]
    in_need: Callable[[Who], QuerySet[Any]]
    group: str
    columns: Mapping[str, str]
    services: ModuleType
    retry_type: Type
    give_up_type: Type

    def named(self, n: int) -> str:
        return self.noun[n != 1]


DELIVERIES = RowsInNeed(
    noun=("delivery", "deliveries"),
    model=Delivery,
    seen_by=deliveries_for,
    in_need=needs_person,
    group="job",
    columns={"campaign": "job__campaign", "integration": "job", "lead": "lead"},
    services=services,
    retry_type=Type.RETRY,
    give_up_type=Type.GIVE_UP,
)
MESSAGES = RowsInNeed(
    noun=("message", "messages"),
    model=Message,
    seen_by=messages_for,
    in_need=messages_in_need,
    group="destination",
    columns={"event": "destination__event", "lead": "lead"},
    services=message_services,
    retry_type=Type.RETRY_MESSAGES,
    give_up_type=Type.GIVE_UP_MESSAGES,
)


def rows_of(action: DeliveryAction) -> RowsInNeed:
    """Return the kind of rows that a run is over."""
    return MESSAGES if action.type in MatchingMessagesRun.types or "event" in action.filters else DELIVERIES


class DeliveryActionRun(RunType[DeliveryAction, int]):
    """The base of these runs. A part is a chunk of rows; its number means nothing, as each chunk takes those that are left."""

    page = services.PAGE
    types: tuple[Type, ...] = ()

    @classmethod
    def rows(cls) -> QuerySet[DeliveryAction]:
        return DeliveryAction.objects.filter(type__in=cls.types).select_related("started_by")

    def parts(self) -> Generator[int, None, None]:
        self.goes_on = True
        while self.goes_on:
            yield self.run.position

    def record_end(self) -> None:
        action = self.run
        after = {rows_of(action).noun[1]: action.total, "done": action.done, "skipped": action.failed}
        self.record(f"{action.get_type_display()}: {action.state}", after=after, notes=action.error or action.reason, severity="medium")

    def notification(self) -> EndNotification:
        action = self.run
        result = f"{action.done:,} {rows_of(action).named(action.done)} {DONE[action.type]}, {action.failed:,} skipped"
        return EndNotification(NOTIFICATION_KIND, action.get_type_display(), result, reverse("delivery_action", args=[action.pk]))

    @override
    def is_open_to(self, user: User) -> bool:
        return user.role in SEES_DELIVERIES


class MatchingRun(DeliveryActionRun):
    """The base of runs over all rows that need a person and match, by group and id. Rights and sight are asked for each chunk."""

    need: ClassVar[RowsInNeed]

    def write(self, part: int) -> Progress:
        action, user = self.run, self.starter()
        in_need = self.need.in_need(user) if user else self.need.model.objects.none()
        matches = matching(in_need, action)
        total = action.total if action.total is not None else matches.count()
        chunk = self._next_chunk(matches)
        self.goes_on = len(chunk) >= AT_MOST
        result = self._act(chunk)
        last, last_group = next(reversed(chunk.items()), (action.last_delivery, action.last_job))
        columns = {
            "total": max(total, part + len(chunk)),
            "last_job": last_group,
            "last_delivery": last,
            "skipped": dict(Counter(action.skipped) + Counter(result.refused.values())),
        }
        return Progress(part + len(chunk), done=len(result.ids), failed=len(result.refused), columns=columns)

    def conclude(self) -> Mapping[str, Any]:
        """Count what was there: rows that somebody else has dealt with meanwhile are none of this run."""
        return {"total": self.run.position}

    def _act(self, chunk: Mapping[int, int]) -> BulkResult:
        result: BulkResult
        if self.run.type == self.need.retry_type:
            result = self.need.services.requeue(list(chunk), actor=self.actor)
        else:
            result = self.need.services.fail(list(chunk), actor=self.actor, reason=self.run.reason)
        return result

    def _next_chunk(self, matches: QuerySet[Any]) -> dict[int, int]:
        """Map the next rows to their groups. The index of those that need a person finds them after the last one."""
        column = self.need.group
        group: int | None = self.run.last_job
        after, chunk = self.run.last_delivery, dict[int, int]()
        while group is not None and len(chunk) < AT_MOST:
            rows = matches.filter(**{column: group}, pk__gt=after).order_by("pk")[: AT_MOST - len(chunk)]
            chunk |= dict.fromkeys(rows.values_list("pk", flat=True), group)
            if len(chunk) < AT_MOST:
                later = self.need.model.objects.filter(**{f"{column}__gt": group}, state=State.NEEDS_PERSON).order_by(f"{column}_id")
                group, after = later.values_list(f"{column}_id", flat=True).first(), 0
        return chunk


@runs.run_types.register
class MatchingDeliveriesRun(MatchingRun):
    key = "matching_deliveries"
    need = DELIVERIES
    types = (DELIVERIES.retry_type, DELIVERIES.give_up_type)


@runs.run_types.register
class MatchingMessagesRun(MatchingRun):
    key = "matching_messages"
    need = MESSAGES
    types = (MESSAGES.retry_type, MESSAGES.give_up_type)


@runs.run_types.register
class WithdrawalRun(DeliveryActionRun):
    """The run that withdraws what a removed integration has not sent. One that was stopped, or has failed, can be gone on with."""

    key = "withdrawal"
    types = (Type.WITHDRAW,)

    def write(self, part: int) -> Progress:
        action, job = self.run, Job.objects.get(pk=self.run.filters["integration"])
        self._check_rights(job)
        total = action.total if action.total is not None else unsent(job).count()
        withdrawn = services.withdraw(job, actor=self.actor)
        self.goes_on = withdrawn >= AT_MOST
        return Progress(part + withdrawn, done=withdrawn, columns={"total": max(total, part + withdrawn)})

    @override
    def notification(self) -> EndNotification:
        label = Job.objects.values_list("label", flat=True).get(pk=self.run.filters["integration"])
        end = super().notification()
        return EndNotification(end.kind, f"Removal of {label}", end.result, end.url)

    def _check_rights(self, job: Job) -> None:
        user = self.starter()
        if user is None:
            return
        refuse_locked([job], actor=self.actor)
        if not Campaign.objects.filter(scope_of(user).campaigns(), pk=job.campaign_id).exists():
            raise DomainError(runs.NO_LONGER_ALLOWED.format(name=user.name), status=403)


class ResendCounts(NamedTuple):
    """The numbers that would be sent again: what needs a person, and what waits for a later retry."""

    in_need: Count
    waiting: Count

    @property
    def all(self) -> Count:
        return self.in_need.plus(self.waiting)


@runs.run_types.register
class ResendRun(DeliveryActionRun):
    """The run that sends again what failed of a destination since a moment: first what needs a person, then what waits for a retry."""

    key = "resend"
    types = (Type.RESEND,)

    def write(self, part: int) -> Progress:
        action, owner = self.run, owner_of(self.run)
        self._check_sight(owner)
        failed = failed_rows(owner, datetime.fromisoformat(action.filters["since"]), action.selected_at or action.created_at)
        total = action.total if action.total is not None else failed.in_need().count() + failed.waiting().count()
        ids = list(failed.in_need().filter(pk__gt=action.last_delivery).order_by("pk").values_list("pk", flat=True)[:AT_MOST])
        refused: dict[int, str] = {}
        if ids:
            refused = failed.retry(ids, actor=self.actor)
            done = len(ids) - len(refused)
        else:
            waiting = list(failed.waiting().order_by("not_before", "pk").values_list("pk", flat=True)[:AT_MOST])
            done = failed.hasten(waiting) if waiting else 0
        self.goes_on = bool(ids) or done > 0
        notify_of_destination(destination_of(owner))
        dealt_with = done + len(refused)
        columns = {
            "total": max(total, part + dealt_with),
            "last_delivery": ids[-1] if ids else action.last_delivery,
            "skipped": dict(Counter(action.skipped) + Counter(refused.values())),
        }
        return Progress(part + dealt_with, done=done, failed=len(refused), columns=columns)

    def conclude(self) -> Mapping[str, Any]:
        return {"total": self.run.position}

    @override
    def notification(self) -> EndNotification:
        end = super().notification()
        return EndNotification(end.kind, f"Resending to {owner_of(self.run)}", end.result, end.url)

    def _check_sight(self, owner: DestinationOwner) -> None:
        user = self.starter()
        if user and not Campaign.objects.filter(scope_of(user).campaigns(), pk=owner.campaign_id).exists():
            raise DomainError(runs.NO_LONGER_ALLOWED.format(name=user.name), status=403)


def resend_counts(owner: DestinationOwner, since: datetime) -> ResendCounts:
    """Return how much *Resend all that failed since* would send again, counted up to bounds."""
    failed = failed_rows(owner, since, timezone.now())
    in_need, waiting = (Count(*count_capped(rows, WAITING_CAP)) for rows in (failed.in_need(), failed.waiting()))
    return ResendCounts(in_need, waiting)


@transaction.atomic
def begin_resend(owner: DestinationOwner, since: datetime, *, actor: Actor) -> DeliveryAction:
    """Create and queue the run that sends again what failed since a moment. It ends the rest of the destination."""
    if owner.removed_at:
        raise DomainError("It was removed: nothing is sent there any more.", status=409)
    of = {"integration": owner.pk} if isinstance(owner, Job) else {"event": owner.pk}
    if under_way := _resend_under_way(of):
        if under_way.filters["since"] == since.isoformat():
            return under_way
        raise DomainError("What failed here is being sent again already: wait until that is over.", status=409)
    action = DeliveryAction.objects.create(
        type=Type.RESEND, filters=of | {"since": since.isoformat()}, selected_at=timezone.now(), started_by_id=actor.user_id
    )
    end_rest(owner)
    return _queue(ResendRun(action), actor)


def _resend_under_way(owner: Mapping[str, int]) -> DeliveryAction | None:
    """Return the run that sends again what failed there, if one is under way. Nobody else begins one until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [named_key("resending", *map(str, owner.items()))])
    runs_here = DeliveryAction.objects.filter(type=Type.RESEND, state__in=DeliveryAction.UNDER_WAY, filters__contains=owner)
    return runs_here.order_by("pk").first()


def owner_of(action: DeliveryAction) -> DestinationOwner:
    """Return the integration or the outbound event of a run over one destination."""
    filters = action.filters
    return Job.objects.get(pk=filters["integration"]) if "integration" in filters else OutboundEvent.objects.get(pk=filters["event"])


@transaction.atomic
def begin(action_type: Type, filters: Mapping[str, int], *, selected_at: datetime, actor: Actor, reason: str = "") -> DeliveryAction:
    """Create and queue the run over the rows that match the filters, which are those of the list."""
    run_type = MatchingMessagesRun if action_type in MatchingMessagesRun.types else MatchingDeliveriesRun
    if unknown := filters.keys() - run_type.need.columns.keys():
        raise ValueError(f"unknown filters: {unknown}")
    if action_type == run_type.need.give_up_type:
        reason = services.cleaned_reason(reason)
    action = DeliveryAction.objects.create(
        type=action_type, filters=dict(filters), selected_at=selected_at, reason=reason, started_by_id=actor.user_id
    )
    return _queue(run_type(action), actor)


def withdraw_unsent(job: Job, *, actor: Actor) -> None:
    """Withdraw what has not been sent, in the transaction that removes the integration: at once if it is little, otherwise by a run."""
    queue.stop_queueing(job.campaign_id)
    if services.withdraw(job, actor=actor) >= AT_MOST:
        _begin_withdrawal(job.pk, actor)


@transaction.atomic
def go_on(action: DeliveryAction, *, actor: Actor) -> DeliveryAction:
    """Begin a new run for what a stopped or failed withdrawal has left."""
    if not may_go_on(action):
        raise DomainError("Only a withdrawal that was stopped or has failed can be gone on with.", status=409)
    refuse_locked([Job.objects.get(pk=action.filters["integration"])], actor=actor)
    return _begin_withdrawal(action.filters["integration"], actor)


def may_go_on(action: DeliveryAction) -> bool:
    return action.type == Type.WITHDRAW and action.state in (DeliveryAction.State.STOPPED, DeliveryAction.State.FAILED)


RUN_TYPES: tuple[type[DeliveryActionRun], ...] = (MatchingDeliveriesRun, MatchingMessagesRun, WithdrawalRun, ResendRun)


def stop(action: DeliveryAction, *, actor: Actor) -> None:
    run_type = next(run_type for run_type in RUN_TYPES if action.type in run_type.types)
    runs.stop(run_type(action), actor=actor)


def matching(rows: QuerySet[Any], action: DeliveryAction) -> QuerySet[Any]:
    """Return those that match the filters of the action and needed a person when they were selected."""
    columns = rows_of(action).columns
    wanted = {columns[name]: value for name, value in action.filters.items()}
    return rows.filter(Q(answered_at__lte=action.selected_at) | Q(answered_at=None), **wanted)


def unsent(job: Job) -> QuerySet[Delivery]:
    return Delivery.objects.filter(job=job, state__in=(State.QUEUED, State.NEEDS_PERSON))


def _begin_withdrawal(job_id: int, actor: Actor) -> DeliveryAction:
    action = DeliveryAction.objects.create(type=Type.WITHDRAW, filters={"integration": job_id}, started_by_id=actor.user_id)
    return _queue(WithdrawalRun(action), actor)


def _queue(work: DeliveryActionRun, actor: Actor) -> DeliveryAction:
    action = work.run
    label = action.get_type_display()
    work.record(f"{label}: begun", actor=actor, notes=action.reason, after={"filters": action.filters}, severity="medium")
    runs.queue(work)
    return action
