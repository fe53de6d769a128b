"""Where upper layers join the leads app (DESIGN 1).

What an upper layer adds to the page of a lead: a section of its own, registered in `leads.extension_points.lead_tabs`."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from campaigns.scope import Who
from config.core.registry import Keyed, Registry
from leads.models import Lead
from leads.statuses import HoldReason

Standing = Callable[[Collection[int]], Mapping[int, Collection[str]]]
"""Lead id → keys of holds that it stands in, of a page of leads in one query."""


@dataclass(frozen=True)
class Hold:
    """What keeps a lead from being done with, and the number the API shows for it (decision 12).

    Of a hold that is not in the lead's row but follows from an upper app's rows `standing` tells who stands in it; holds that follow from
    the same rows name the same function, which is then asked once for all of them. `look` is a key of `config.core.lists.badges.LOOKS`.
    """

    key: str
    label: str
    api_number: int
    standing: Standing | None = None
    look: str = "held"


class BulkEffect:
    """What an upper app has to say to bulk actions of the types named: which leads they leave as they are."""

    key: ClassVar[str]
    types: ClassVar[frozenset[str]]

    def refusals(self, lead_ids: Collection[int]) -> Mapping[int, str]:
        """Lead id → why, in words. Inside the chunk's transaction, these leads locked; in one query."""
        raise NotImplementedError


class EditGuard:
    """Why the data of leads may not be edited, as an upper app knows it."""

    key: ClassVar[str]

    def refusals(self, lead_ids: Collection[int]) -> Mapping[int, str]:
        """Lead id → why, in words. Inside the edit's transaction, these leads locked; in one query."""
        raise NotImplementedError


bulk_effects: Registry[type[BulkEffect]] = Registry("bulk effect")
lead_tabs: Registry[Keyed] = Registry("lead tab")
lead_columns: Registry[Keyed] = Registry("lead column")
timeline_sources: Registry[Keyed] = Registry("timeline source")
edit_guards: Registry[type[EditGuard]] = Registry("edit guard")
hold_reasons: Registry[Hold] = Registry("hold reason")

hold_reasons.register(Hold(HoldReason.NO_JOB, "On Hold - No Job Assigned", 500))


class LeadTab:
    """`template` is shown with what `context` returns, to the roles named; the sections follow each other by `order`."""

    key: ClassVar[str]
    label: ClassVar[str]
    order: ClassVar[int]
    roles: ClassVar[frozenset[str]]
    template: ClassVar[str]

    def context(self, who: Who, lead: Lead) -> dict[str, Any]:
        raise NotImplementedError
