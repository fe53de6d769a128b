"""A chart of leads by day, drawn on the server as lines of an SVG picture: it needs no script, and its numbers stand in a table too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from config.core.lists import times
from leads.figures.statistics import LeadNumbers

WIDTH, HEIGHT = 600, 120
"""The size of the drawing, which is stretched to its place."""
SERIES = (("total", "Total"), ("valid", "Valid"), ("invalid", "Invalid"), ("delivered", "Delivered"))
_NICE = (2, 4, 10)
"""Even, so that the middle of the axis is a whole number too."""


@dataclass(frozen=True, slots=True)
class Series:
    """A line: `key` is its class, by which it has a colour and dashes of its own."""

    key: str
    label: str
    points: str


@dataclass(frozen=True)
class DailyChart:
    days: Sequence[date]
    numbers: Mapping[date, LeadNumbers]

    @property
    def view_box(self) -> str:
        return f"0 0 {WIDTH} {HEIGHT}"

    @property
    def rows(self) -> list[tuple[str, LeadNumbers]]:
        """The days of the table, the newest first."""
        return [(times.day(day), self.numbers.get(day, LeadNumbers())) for day in reversed(self.days)]

    @property
    def total(self) -> int:
        return sum(one.total for one in self.numbers.values())

    @property
    def top(self) -> int:
        """The number at the top of the axis."""
        most = max((one.total for one in self.numbers.values()), default=0)
        scale = 1
        while most > _NICE[-1] * scale:
            scale *= 10
        return next(nice * scale for nice in _NICE if most <= nice * scale)

    @property
    def middle(self) -> int:
        return self.top // 2

    @property
    def day_labels(self) -> list[str]:
        """The first, the middle and the last day."""
        return [times.day(day) for day in (self.days[0], self.days[len(self.days) // 2], self.days[-1])]

    @property
    def series(self) -> list[Series]:
        return [Series(key, label, self._points(key)) for key, label in SERIES]

    def _points(self, key: str) -> str:
        step, top = WIDTH / max(1, len(self.days) - 1), self.top
        heights = (HEIGHT * (1 - getattr(self.numbers.get(day, LeadNumbers()), key) / top) for day in self.days)
        return " ".join(f"{number * step:.1f},{height:.1f}" for number, height in enumerate(heights))
