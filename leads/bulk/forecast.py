"""The preview of a draft as a background run: chunk by chunk, so that it can be stopped, killed and gone on with.

What was counted is in the row after each chunk, slots included, and each chunk keeps what was seen of its leads. The
action refuses leads that differ from it later (decision 42).
"""

from collections import Counter, defaultdict
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum
from typing_extensions import override

from campaigns.models import Campaign, CampaignPublisher
from config.core.background import runs
from config.core.background.runs import Progress, RunType
from config.core.errors import DomainError
from config.core.models import Run, User
from leads.bulk.drafts import STARTED, chosen_leads, locked_draft
from leads.bulk.previewer import BillingPreview, BulkPreview, BulkPreviewer, key_of_slots
from leads.bulk.runner import type_of
from leads.lifecycle.state import LeadState
from leads.models import BulkAction, BulkForecast

AT_ONCE = 4_000
"""The largest number of leads whose preview is made within the request."""
SIDES = ("publisher", "advertiser")
NOTHING: Mapping[str, Any] = {"skipped": {}}
CURRENCY = "campaign__currency__code"


@runs.run_types.register
class ForecastRun(RunType[BulkForecast, int]):
    """The run of a preview. Its parts are the chunks of the draft."""

    key = "bulk_forecast"
    page = "Leads"

    @classmethod
    def rows(cls) -> QuerySet[BulkForecast]:
        return BulkForecast.objects.select_related("action__started_by", "action__undoes", "started_by")

    def parts(self) -> Generator[int, None, None]:
        chunks = self.run.action.chunks.filter(position__gte=self.run.position).order_by("position")
        yield from chunks.values_list("position", flat=True)

    def write(self, part: int) -> Progress:
        """Plan one chunk without changing a lead. Rights and sight are those of the starter now."""
        action = self.run.action
        if not BulkAction.objects.filter(pk=action.pk, state=Run.State.DRAFT).exists():
            raise DomainError(STARTED, status=409)
        action.started_by = self.starter()
        chunk = action.chunks.select_for_update(no_key=True).filter(position=part).first()
        if chunk is None:
            raise DomainError("The leads were changed meanwhile.", status=409)
        chunk.previewed = None
        kept = self.run.result
        taken = {(kind, pk): taken for kind, pk, _, _, taken in kept.get("slots", [])}
        previewer = BulkPreviewer(action, self.actor, _counted(kept), taken)
        chunk.previewed = _as_json(*previewer.add(chunk))
        chunk.save(update_fields=["previewed"])
        return Progress(part + 1, done=len(chunk.lead_ids), columns={"result": _kept(previewer.result, kept.get("slots", []))})

    def conclude(self) -> Mapping[str, Any]:
        """Add what is billed for the leads now: the table of before and after begins with it."""
        user = self.run.started_by
        return {"result": {**self.run.result, "billed": _billed(self.run.action, user) if user else {}}}

    @override
    def is_open_to(self, user: User) -> bool:
        return not type_of(self.run.action).refusal_for(user)


@transaction.atomic
def begin_forecast(draft: BulkAction) -> BulkForecast:
    """Begin the preview of a draft anew. Of two at once the second one stays."""
    draft = locked_draft(draft)
    if not draft.total:
        raise DomainError("No lead is chosen.", field="leads")
    BulkForecast.objects.filter(action=draft).delete()
    forecast = BulkForecast.objects.create(action=draft, total=draft.total, started_by=draft.started_by)
    runs.queue(ForecastRun(forecast))
    return forecast


def make_forecast(draft: BulkAction) -> BulkForecast | None:
    """Begin the preview; for a few leads, make it at once. Return the one there is then: none where the draft was changed meanwhile."""
    forecast = begin_forecast(draft)
    if (forecast.total or 0) <= AT_ONCE:
        runs.work_on(ForecastRun, forecast.pk)
    return forecast_of(draft)


@dataclass(frozen=True)
class Billed:
    """The leads billed on one side in one currency, before the action and after it."""

    side: str
    currency: str
    leads_before: int
    leads_after: int
    amount_before: Decimal
    amount_after: Decimal


def forecast_of(draft: BulkAction) -> BulkForecast | None:
    """Return the preview of the draft as it stands, made or under way."""
    return BulkForecast.objects.filter(action=draft).first()


def preview_of(forecast: BulkForecast) -> BulkPreview:
    return _counted(forecast.result)


def billed_by(forecast: BulkForecast) -> list[Billed]:
    """Return the rows of the table of before and after, for each side and currency that the action concerns."""
    preview = preview_of(forecast)
    rows = []
    for side in SIDES:
        before = {currency: (n, Decimal(amount)) for currency, n, amount in forecast.result.get("billed", {}).get(side, [])}
        currencies = sorted({*before, *(currency for of_side, currency in preview.billing if of_side == side)})
        for currency in currencies:
            n, amount = before.get(currency, (0, Decimal(0)))
            change = preview.billing.get((side, currency), BillingPreview())
            rows.append(Billed(side, currency, n, n + change.gained - change.lost, amount, amount + change.amount))
    return rows


@dataclass(frozen=True)
class Cap:
    """The slots of a campaign or of a contract with a limit, before the action and after it."""

    name: str
    limit: int
    before: int
    after: int


def caps_of(forecast: BulkForecast) -> list[Cap]:
    """Return the caps that the action concerns."""
    kept = {(kind, pk): numbers for kind, pk, *numbers in forecast.result.get("slots", [])}
    campaigns = Campaign.objects.filter(pk__in=[pk for kind, pk in kept if kind == "campaign"]).order_by("name")
    contracts = CampaignPublisher.objects.filter(pk__in=[pk for kind, pk in kept if kind == "contract"])
    contracts = contracts.select_related("campaign", "publisher").order_by("campaign__name", "publisher__name")
    return [
        *(Cap(f"Allocation of {campaign}", *kept["campaign", campaign.pk]) for campaign in campaigns),
        *(Cap(f"Cap of {contract.publisher} on {contract.campaign}", *kept["contract", contract.pk]) for contract in contracts),
    ]


def skipped_ids(action: BulkAction, reason: str) -> Generator[int, None, None]:
    """Yield the leads that the preview foretells to be skipped for the reason, in their order."""
    chunks = action.chunks.exclude(previewed=None).order_by("position").values_list("previewed", flat=True)
    for previewed in chunks.iterator(chunk_size=10):
        yield from (previewed or NOTHING)["skipped"].get(reason, ())


def moved_ids(action: BulkAction) -> Generator[int, None, None]:
    """Yield the leads that the preview foretells to be changed."""
    chunks = action.chunks.exclude(previewed=None).order_by("position").values_list("lead_ids", "previewed")
    for lead_ids, previewed in chunks.iterator(chunk_size=10):
        skipped = {pk for of_reason in (previewed or NOTHING)["skipped"].values() for pk in of_reason}
        yield from (pk for pk in lead_ids if pk not in skipped)


def _billed(action: BulkAction, who: User) -> dict[str, list[list[Any]]]:
    leads = chosen_leads(action, who)
    sums = {
        **{f"{side}_n": Count("pk", filter=Q(**{f"{side}_billable": True})) for side in SIDES},
        **{f"{side}_sum": Sum(f"{side}_payout") for side in SIDES},
    }
    by_currency = list(leads.order_by().values_list(CURRENCY).annotate(**sums).values_list(CURRENCY, *sums))
    billed: dict[str, list[list[Any]]] = {side: [] for side in SIDES}
    for code, *numbers in by_currency:
        for place, side in enumerate(SIDES):
            billed[side].append([code, numbers[place], str(numbers[len(SIDES) + place] or 0)])
    return billed


def _as_json(states: Mapping[int, LeadState], refused: Mapping[int, str]) -> dict[str, Any]:
    """Return what was seen of a chunk, by what was seen: few of its leads differ."""
    seen: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for pk, state in states.items():
        seen[state.seen].append(pk)
    skipped: dict[str, list[int]] = defaultdict(list)
    for pk, reason in sorted(refused.items()):
        skipped[reason].append(pk)
    return {"seen": [[[*key], lead_ids] for key, lead_ids in seen.items()], "skipped": skipped}


def _kept(preview: BulkPreview, earlier: Iterable[list[Any]]) -> dict[str, Any]:
    """Return the counts for JSON. The slots are those of earlier chunks too: the number found first, and the one taken by now."""
    slots = {(kind, pk): (limit, found, taken) for kind, pk, limit, found, taken in earlier}
    for each in preview.slots:
        found = slots.get(key_of_slots(each), (0, each.row.slots_taken or 0, 0))[1]
        slots[key_of_slots(each)] = (each.limit, found, each.taken)
    return {
        "total": preview.total,
        "moved": preview.moved,
        "skipped": preview.skipped,
        "statuses": [[*pair, n] for pair, n in preview.statuses.items()],
        "deliveries": [[*pair, n] for pair, n in preview.deliveries.items()],
        "billing": [[*key, side.gained, side.lost, str(side.amount)] for key, side in preview.billing.items()],
        "slots": [[*key, *numbers] for key, numbers in slots.items()],
        "without_slot": preview.without_slot,
        "lines": preview.lines,
    }


def _counted(kept: Mapping[str, Any]) -> BulkPreview:
    preview = BulkPreview()
    if not kept:
        return preview
    preview.total, preview.moved, preview.without_slot = kept["total"], kept["moved"], kept["without_slot"]
    preview.skipped, preview.lines = Counter(kept["skipped"]), Counter(kept["lines"])
    preview.statuses = Counter({(before, after): n for before, after, n in kept["statuses"]})
    preview.deliveries = Counter({(before, after): n for before, after, n in kept["deliveries"]})
    for side, currency, gained, lost, amount in kept["billing"]:
        preview.billing[side, currency] = BillingPreview(gained, lost, Decimal(amount))
    return preview
