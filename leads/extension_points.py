"""Extension points of the leads app, which never imports the apps above it. See docs/architecture.md.

An upper app adds a tab to the page of a lead by registering a `LeadTab` in `lead_tabs`, and entries to its timeline by
registering a `TimelineSource` in `timeline_sources`. It adds a column to tables and files of leads by registering a
`LeadColumn` in `lead_columns`, and a filter that is not a column's by registering a `LeadFilter` in `lead_filters`.
Fields that it fills in itself are offered as filters and columns by registering their names in `made_fields`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, TypeVar, cast

from django import forms
from django.db.models import Exists, Q
from django.db.models.expressions import Combinable
from django.http import QueryDict
from django.utils.safestring import SafeString
from django_filters import Filter

from campaigns.models import Campaign
from campaigns.scope import Who
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.lists.markup import clipped
from config.core.registry import Registry
from leads import privacy
from leads.models import BulkAction, Lead
from leads.privacy.tabs import TABS
from leads.signals import Move
from leads.statuses import HoldReason, ProcessrStatus

Loaded = TypeVar("Loaded")
NOTHING = SafeString('<span class="none">—</span>')
"""The cell of an empty text. A card leaves it out."""

HoldLookup = Callable[[Collection[int]], Mapping[int, Collection[str]]]
"""Maps lead ids to the keys of the holds they are in, for a page of leads in one query."""


@dataclass(frozen=True, slots=True)
class HoldWait:
    """A reason why a lead in a hold waits, and until when."""

    reason: str
    until: datetime


@dataclass(frozen=True)
class Hold:
    """A reason why a lead is not complete, with its number in the API (decision 12).

    A lead that has the hold in its own row shows it while its status there is `row_status`. For a hold that follows from
    the rows of an upper app instead, `lookup` returns the leads that are in it. Holds that follow from the same rows
    share one function, which is called once. `condition` returns the same as a condition on Lead, for files that
    PostgreSQL writes. `look` is a key of `config.core.lists.badges.BADGE_STYLES`.

    `words` says on the page of a lead what the hold means and how it ends. For one that ends at a time, `waits` returns
    what a lead in it waits for, in one query.
    """

    key: str
    label: str
    api_number: int
    lookup: HoldLookup | None = None
    look: str = "held"
    condition: Callable[[], Exists | Q] | None = None
    row_status: str = ProcessrStatus.HELD
    words: str = ""
    waits: Callable[[int], Sequence[HoldWait]] | None = None


@dataclass(frozen=True, slots=True)
class BulkChoice:
    """A choice that a field of a bulk action offers: for the leads of one campaign, of which some had it before."""

    value: int
    label: str
    campaign_id: int
    had_before: int = 0


class BulkEffect:
    """An upper app's part in bulk actions of the types named, or of all types, for one action. Every method may be left out."""

    key: ClassVar[str]
    types: ClassVar[frozenset[str] | None] = None
    passing_reasons: ClassVar[frozenset[str]] = frozenset()
    """Those of its refusals that pass by themselves: what was skipped for one can be undone later."""

    def __init__(self, action: BulkAction) -> None:
        self.action = action

    def fields(self, campaign_ids: Collection[int]) -> Mapping[str, forms.Field]:  # noqa: ARG002  (for subclasses)
        """Return further fields by name, for the form and the API body. Their values are settings of the action."""
        return {}

    def choices(self, campaign_ids: Collection[int]) -> Mapping[str, list[BulkChoice]]:  # noqa: ARG002  (for subclasses)
        """Return the choices of those fields that are offered by campaign, in a fixed number of queries over the leads of the draft."""
        return {}

    def extras(self) -> Mapping[str, Any]:
        """Return what the app's receiver of `leads_moving` needs of the action's settings: each by the id of the campaign it is for."""
        return {}

    def named(self) -> Mapping[int, list[str]]:
        """Return what was chosen for the leads of each campaign, in words, for their notes."""
        return {}

    def refusals(self, lead_ids: Collection[int]) -> Mapping[int, str]:  # noqa: ARG002  (for subclasses)
        """Map lead ids to reasons, in one query. Called in the chunk's transaction, with these leads locked, and by previews."""
        return {}

    def preview(self, moves: Sequence[Move], cause: str, extras: Mapping[str, Any]) -> Mapping[str, int]:  # noqa: ARG002  (for subclasses)
        """Map lines of the preview to numbers, for the leads of one chunk; those of all chunks are added up.

        A line says what becomes of rows of the app, such as "Deliveries withdrawn". Nothing is written, and the number
        of queries is fixed.
        """
        return {}

    def after_move(self, moves: Iterable[Move], refused: Mapping[int, str]) -> None:
        """Record what became of a chunk otherwise than was asked for, in its transaction, with the leads that were refused and why."""

    def remarks(self, who: Who) -> list[str]:  # noqa: ARG002  (for subclasses)
        """Return what became of the action otherwise than was asked for, in sentences as the user may read them."""
        return []

    def undo(self, moves: Sequence[Move]) -> None:
        """Take back what the app wrote when the action moved these leads.

        Called in the transaction that puts the leads back, once for each lead, in a fixed number of statements. The
        receivers of `leads_moving` are called before it, with the cause *undo*.
        """


class EditGuard(ABC):
    """An upper app's veto on editing the data of leads."""

    key: ClassVar[str]

    @abstractmethod
    def refusals(self, lead_ids: Collection[int]) -> Mapping[int, str]:
        """Map lead ids to reasons, in one query. Called in the edit's transaction, with these leads locked."""


class Arrivals(ABC):
    """An upper app's record of leads that arrived at a receiver while they could not be delivered any more (decision 34)."""

    key: ClassVar[str]

    @abstractmethod
    def times(self, lead_ids: Collection[int]) -> Mapping[int, datetime]:
        """Map those of the leads that arrived to the times when they were sent first, in one query."""


class LeadPage:
    """The leads of a page, for a user, with what their columns load for all of them at once."""

    def __init__(self, who: Who, leads: Sequence[Lead]) -> None:
        self.who, self.leads = who, leads
        self._loaded: dict[Callable[[LeadPage], Any], Any] = {}

    def load_once(self, load: Callable[["LeadPage"], Loaded]) -> Loaded:
        """Return what the function loads for the page. It is called once, whatever the number of leads and columns that need it."""
        if load not in self._loaded:
            self._loaded[load] = load(self)
        return cast(Loaded, self._loaded[load])


class LeadColumn(ABC):
    """A column of leads. Tables, filters, sorts, the search, masks and files read this declaration.

    `key` is used in addresses and saved tables and never changes. `reads` are the columns of Lead, and of the rows it
    points at, that `value` and `cell` use. `sort` is the column of Lead to sort by, and `filter` the filter by this
    column, under the name `filter_name`; both need an index, which `indexes` names. A column that declares no filter may
    have a bounded one by its kind, unless `filter_name` names another filter. `masked` says in the plural which
    personal data the column holds; it is masked for roles that do not see it, who can neither filter nor sort by it.
    The cells of a column with `live`, which stands in their ids, are replaced when a lead has been judged.
    """

    def __init__(
        self,
        key: str,
        label: str,
        *,
        reads: Collection[str] = (),
        sort: str = "",
        filter: Filter | None = None,  # noqa: A002  (declarations read like those of django-filter)
        filter_name: str = "",
        indexes: Collection[str] = (),
        masked: str = "",
        live: str = "",
        roles: frozenset[str] = roles.SEES_LEADS,
        css: str = "",
    ) -> None:
        self.key, self.label, self.reads, self.sort, self.filter = key, label, tuple(reads), sort, filter
        self.filter_name, self.indexes, self.masked, self.live = filter_name or key, tuple(indexes), masked, live
        self.roles, self.css = roles, css

    @abstractmethod
    def expression(self, who: Who) -> Combinable:
        """Return the SQL of the column's text, unmasked, for queries of Lead. It is never null."""

    def sql(self, who: Who) -> Combinable:
        """Return the SQL of the text that the user may see."""
        expression = self.expression(who)
        return privacy.masked_sql(who, expression) if self.masked else expression

    def load(self, page: LeadPage) -> Mapping[int, str]:
        """Return the texts of a page by lead id, in one query."""
        leads = Lead.objects.filter(pk__in=[lead.pk for lead in page.leads]).order_by()
        return dict(leads.values_list("pk", self.expression(page.who)))

    def value(self, lead: Lead, page: LeadPage) -> str:
        """Return the same text as `expression`. Columns that know it from the row itself need no query for the page."""
        return page.load_once(self.load).get(lead.pk, "")

    def text(self, lead: Lead, page: LeadPage) -> str:
        """Return the same text as `sql`."""
        value = self.value(lead, page)
        return privacy.masked_for(page.who, lead, value) if self.masked else value

    def cell(self, lead: Lead, page: LeadPage) -> SafeString | str:
        text = self.text(lead, page)
        return clipped(text) if text else NOTHING

    def bounded_filter(self) -> Filter | None:
        """Return the filter of a column that declares none, which no index serves; None where the column has none either."""
        return None

    def is_hidden(self, who: Who) -> bool:
        """Return whether the user sees the column masked for some leads, and so may not filter and sort by it."""
        return bool(self.masked) and not privacy.sees_personal_data(who)

    def sort_for(self, who: Who) -> str:
        """Return the column of Lead by which the user may sort; an empty string for none."""
        return "" if self.is_hidden(who) else self.sort


@dataclass(frozen=True)
class LeadFilter:
    """A filter of leads that is not the filter of one column, for the roles named. `key` is its name in addresses.

    Lists offer it in its group; one without a group is for links alone. The values of a personal one stay out of shared views.
    """

    key: str
    filter: Filter
    group: str
    roles: frozenset[str] = roles.SEES_LEADS
    is_personal: bool = False


@dataclass(frozen=True)
class MadeFields:
    """The fields of leads that an upper app fills in: of those of one source, *transformed* or *enriched*, which is the key.

    `names` returns those of the user's campaigns, or of one campaign, by alphabet, in a fixed number of queries.
    """

    key: str
    names: Callable[[Who, Campaign | None], Sequence[str]]


class LeadTab(ABC):
    """A tab of a lead, at an address that ends with its key. Label, place and roles stand in `leads.privacy.tabs.TABS`.

    The first that is open to the user is shown with the page, the others when they are opened. `template` is rendered
    with `context` as `tab`.
    """

    key: ClassVar[str]
    template: ClassVar[str]

    @property
    def label(self) -> str:
        return TABS[self.key].label

    @abstractmethod
    def context(self, who: Who, lead: Lead, query: QueryDict) -> dict[str, Any]:
        """Return the context, in a fixed number of queries. `query` is that of the tab's address, such as a search in it."""

    def record_reading(self, actor: Actor, lead: Lead) -> None:  # noqa: B027  (most tabs record nothing of their own)
        """Record that the actor reads the tab. That a lead was opened unmasked is recorded for all tabs."""


@dataclass(frozen=True, slots=True)
class TimelineChange:
    """One change, with `before` and `after` as text for users."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """An entry of a lead's timeline. `position` is its place in its own source, which `TimelineSource.page` reads on from.

    `further` is the number of lines that are left out here: those of a note stand on the page of that note.
    """

    position: str
    at: datetime
    by: str
    kind: str
    lines: list[TimelineChange] = field(default_factory=list)
    reason: str = ""
    comment: str = ""
    further: int = 0


class TimelineSource(ABC):
    """A source of entries of the timeline, for the roles named. `only` are the types of entries that are asked for; none: all."""

    key: ClassVar[str]
    label: ClassVar[str] = ""
    roles: ClassVar[frozenset[str]]
    kinds: ClassVar[Mapping[str, str]] = {}
    """The types of its entries, by which the timeline is filtered, with their labels. A source of one type has none."""

    def __init__(self, who: Who, only: Collection[str] = ()) -> None:
        self.who, self.only = who, only

    @abstractmethod
    def page(self, lead: Lead, before: str, limit: int) -> list[TimelineEntry]:
        """Return up to `limit` entries before a position, or from the newest if it is empty: the newest first, in one query.

        The query follows an index, whatever the number of entries. Raises BadPosition for text that is no position.
        """


bulk_effects: Registry[type[BulkEffect]] = Registry("bulk effect")
lead_tabs: Registry[type[LeadTab]] = Registry("lead tab")
lead_columns: Registry[LeadColumn] = Registry("lead column")
lead_filters: Registry[LeadFilter] = Registry("lead filter")
made_fields: Registry[MadeFields] = Registry("made fields")
timeline_sources: Registry[type[TimelineSource]] = Registry("timeline source")
edit_guards: Registry[type[EditGuard]] = Registry("edit guard")
arrivals: Registry[type[Arrivals]] = Registry("arrivals")
hold_reasons: Registry[Hold] = Registry("hold reason")

NO_JOB_WORDS = "No job runs over the lead before the campaign has one, and its held leads are processed from the Processr page."
OVER_DELIVERY_WORDS = (
    "Valid, but no slot was free: nothing is sent and nobody billed before somebody releases held leads on the Processr page."
)
hold_reasons.register(Hold(HoldReason.NO_JOB, "On Hold - No Job Assigned", 500, words=NO_JOB_WORDS))
hold_reasons.register(
    Hold(HoldReason.OVER_DELIVERY, "On Hold - Over Delivery", 510, row_status=ProcessrStatus.COMPLETE, words=OVER_DELIVERY_WORDS)
)
