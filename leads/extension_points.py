"""Extension points of the leads app, which never imports the apps above it. See docs/architecture.md.

An upper app adds a tab to the page of a lead by registering a `LeadTab` in `lead_tabs`, and entries to its timeline by
registering a `TimelineSource` in `timeline_sources`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django import forms

from campaigns.scope import Who
from config.core.registry import Keyed, Registry
from leads.models import BulkAction, Lead
from leads.signals import Move
from leads.statuses import HoldReason

HoldLookup = Callable[[Collection[int]], Mapping[int, Collection[str]]]
"""Maps lead ids to the keys of the holds they are in, for a page of leads in one query."""


@dataclass(frozen=True)
class Hold:
    """A reason why a lead is not complete, with its number in the API (decision 12).

    For a hold that follows from the rows of an upper app rather than from the lead's own row, `lookup` returns the
    leads that are in it. Holds that follow from the same rows share one function, which is called once. `look` is a key
    of `config.core.lists.badges.LOOKS`.
    """

    key: str
    label: str
    api_number: int
    lookup: HoldLookup | None = None
    look: str = "held"


class BulkEffect:
    """An upper app's part in bulk actions of the types named, or of all types, for one action. Every method may be left out."""

    key: ClassVar[str]
    types: ClassVar[frozenset[str] | None] = None

    def __init__(self, action: BulkAction) -> None:
        self.action = action

    def fields(self, campaign_ids: Collection[int]) -> Mapping[str, forms.Field]:  # noqa: ARG002
        """Return further fields by name, for the form and the API body. Their values are settings of the action."""
        return {}

    def extras(self) -> Mapping[str, Any]:
        """Return what the app's receiver of `leads_moving` needs of the action's settings."""
        return {}

    def refusals(self, lead_ids: Collection[int]) -> Mapping[int, str]:  # noqa: ARG002
        """Map lead ids to reasons, in one query. Called in the chunk's transaction, with these leads locked, and by previews."""
        return {}

    def preview(self, moves: Sequence[Move], cause: str, extras: Mapping[str, Any]) -> Mapping[str, int]:  # noqa: ARG002
        """Map lines of the preview to numbers, for the leads of one chunk; those of all chunks are added up.

        A line says what becomes of rows of the app, such as "Deliveries withdrawn". Nothing is written, and the number
        of queries is fixed.
        """
        return {}

    def undo(self, moves: Sequence[Move]) -> None:
        """Take back what the app wrote when the action moved these leads.

        Called in the transaction that puts the leads back, once for each lead, in a fixed number of statements. The
        receivers of `leads_moving` are called before it, with the cause *undo*.
        """


class EditGuard:
    """An upper app's veto on editing the data of leads."""

    key: ClassVar[str]

    def refusals(self, lead_ids: Collection[int]) -> Mapping[int, str]:
        """Map lead ids to reasons, in one query. Called in the edit's transaction, with these leads locked."""
        raise NotImplementedError


class LeadTab:
    """A tab on the page of a lead, for the roles named, at an address that ends with its key.

    The first by `order` is shown with the page, the others when they are opened. `template` is rendered with `context`
    as `tab`.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    order: ClassVar[int]
    roles: ClassVar[frozenset[str]]
    template: ClassVar[str]

    def context(self, who: Who, lead: Lead) -> dict[str, Any]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class TimelineChange:
    """One change, with `before` and `after` as text for users."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """An entry of a lead's timeline. `position` is its place in its own source, which `TimelineSource.page` reads on from."""

    position: str
    at: datetime
    by: str
    kind: str
    lines: list[TimelineChange] = field(default_factory=list)
    reason: str = ""
    comment: str = ""


class TimelineSource:
    """A source of entries of the timeline, for the roles named."""

    key: ClassVar[str]
    roles: ClassVar[frozenset[str]]

    def __init__(self, who: Who) -> None:
        self.who = who

    def page(self, lead: Lead, before: str, limit: int) -> list[TimelineEntry]:
        """Return up to `limit` entries before a position, or from the newest if it is empty: the newest first, in one query.

        The query follows an index, whatever the number of entries. Raises BadPosition for text that is no position.
        """
        raise NotImplementedError


bulk_effects: Registry[type[BulkEffect]] = Registry("bulk effect")
lead_tabs: Registry[type[LeadTab]] = Registry("lead tab")
lead_columns: Registry[Keyed] = Registry("lead column")
timeline_sources: Registry[type[TimelineSource]] = Registry("timeline source")
edit_guards: Registry[type[EditGuard]] = Registry("edit guard")
hold_reasons: Registry[Hold] = Registry("hold reason")

hold_reasons.register(Hold(HoldReason.NO_JOB, "On Hold - No Job Assigned", 500))
