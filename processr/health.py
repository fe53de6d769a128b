"""How the work of a job goes at a glance, as its type tells the page of the Processr."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, and where what it counts is listed. `look` is a kind of badge, where the number calls for somebody."""

    text: str
    url: str
    said: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """`figures` by the labels that the type names. The last answer: kind and word of a badge, what was said, when, and where it stands.

    `word`: what else there is to know now, in a sentence.
    """

    figures: Mapping[str, Figure] = field(default_factory=dict)
    badge: tuple[str, str] = ("", "")
    told: str = ""
    at: datetime | None = None
    url: str = ""
    word: str = ""
