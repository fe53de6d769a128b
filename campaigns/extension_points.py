"""Extension points of the campaigns app, which apps above it register with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.dispatch import Signal

from campaigns.scope import Who
from config.core.registry import Registry


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers of leads.

    `billable` is for a publisher the number that it is paid for, and for all others the number that the advertiser pays
    for.
    """

    total: int = 0
    valid: int = 0
    invalid: int = 0
    delivered: int = 0
    billable: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


class FigureSource(Protocol):
    """A source of figures.

    Each method takes a fixed number of queries that do not scan leads. A missing key in the result stands for zero.
    """

    key: str

    def by_campaign(self, who: Who, campaign_ids: Collection[int]) -> Mapping[int, Figures]: ...
    def by_publisher(self, who: Who, campaign_id: int) -> Mapping[int | None, Figures]: ...


@dataclass(frozen=True, slots=True)
class Trouble:
    """A thing of a campaign that needs attention: a short sentence, and the page on which it is seen and mended."""

    text: str
    url: str


class TroubleSource(Protocol):
    """A source of troubles. Each method takes a fixed number of queries, whose cost grows with the troubles alone."""

    key: str

    def campaign_ids(self, who: Who) -> set[int]:
        """Return the ids of all campaigns in trouble, as far as `who` may know of it. They may be outside of their view."""

    def by_campaign(self, who: Who, campaign_ids: Collection[int]) -> Mapping[int, Sequence[Trouble]]: ...


campaign_resumed = Signal()
"""Sent with `campaign_id` in the transaction that resumes a campaign, by whomever. A receiver's exception rolls the call back."""

lead_figures: Registry[FigureSource] = Registry("lead figures")
"""The source that counts leads is registered under the key `leads`."""


trouble_sources: Registry[TroubleSource] = Registry("trouble source")


def figure_source() -> FigureSource | None:
    return lead_figures.get("leads")
