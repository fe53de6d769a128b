"""Where upper layers join the campaigns app (DESIGN 1)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from campaigns.scope import Who
from config.core.registry import Registry


@dataclass(frozen=True, slots=True)
class Figures:
    """How many leads, and of which kinds. `billable`: to a publisher what it earns by, to everybody else what the advertiser pays for."""

    total: int = 0
    valid: int = 0
    invalid: int = 0
    delivered: int = 0
    billable: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


class FigureSource(Protocol):
    """Each answers in a fixed number of queries that do not walk through leads; what is not in the answer has none."""

    key: str

    def by_campaign(self, who: Who, campaign_ids: Collection[int]) -> Mapping[int, Figures]: ...
    def by_publisher(self, who: Who, campaign_id: int) -> Mapping[int | None, Figures]: ...


lead_figures: Registry[FigureSource] = Registry("lead figures")
"""The one source that counts leads has the key `leads`."""


def figure_source() -> FigureSource | None:
    return lead_figures.get("leads")
