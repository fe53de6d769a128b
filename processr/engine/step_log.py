"""The log of the steps of all runs over a lead, in chronological order, searched and read on by key.

Each run holds its steps as an array, in the order of its plan. Jobs that compare leads are run last, whatever their
place, so the log orders the steps of a run by their beginning. A place in the log is a run's event and a turn in it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from config.core.ids import parse_id
from config.core.lists.pagination import BadPosition
from leads.models import Lead
from processr.engine.call_log import parse_event_id
from processr.job_types.outcomes import OutcomeKind
from processr.models import Event

PAGE_SIZE = 50
RUNS_LOOKED_AT = 200
"""The number of runs that are searched for a page."""
_BEHIND_ALL_STEPS = 99_999


class Place(NamedTuple):
    """A place in the log: the event of a run, and which of its steps by time, the first being 1."""

    event: UUID = UUID(int=0)
    turn: int = 0

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read a place. Raises BadPosition for text that is none."""
        event, _, turn = text.rpartition("-")
        try:
            place = cls(parse_event_id(event), parse_id(turn))
        except ValueError as error:
            raise BadPosition(text) from error
        if place.turn > _BEHIND_ALL_STEPS:
            raise BadPosition(text)
        return place

    def __str__(self) -> str:
        return f"{self.event}-{self.turn}"


@dataclass(frozen=True)
class RunStep:
    """A step as its run has recorded it at a position. Of the event, its id, lead, campaign, number and beginning are read."""

    event: Event
    position: int
    row: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.event.pk}-{self.position}"

    @property
    def at(self) -> datetime:
        return self.event.started_at + timedelta(milliseconds=self.row["at"])

    @property
    def outcome(self) -> OutcomeKind:
        return OutcomeKind(self.row["outcome"])

    @property
    def message(self) -> str:
        reason = self.row["reason"]
        return f"{self.row['label']}: {self.outcome.word}{f' ({reason})' if reason else ''}"


@dataclass(frozen=True, slots=True)
class StepQuery:
    """The steps to read: those whose message contains the text in any case, of one run, with one outcome, behind a place."""

    text: str = ""
    run: int | None = None
    outcome: str = ""
    after: Place = Place()


@dataclass(frozen=True, slots=True)
class StepPage:
    """A page of steps. `after` is where the next one begins, or None; where it `is_cut`, further runs were not searched."""

    steps: list[RunStep]
    after: Place | None
    is_cut: bool = False


def page_of(lead: Lead, query: StepQuery) -> StepPage:
    """Return a page in two queries, whose cost does not grow with the number of runs."""
    first = query.after.event
    parameters = {
        "lead": lead.pk, "event": first, "turn": query.after.turn, "run": query.run, "outcome": query.outcome, "text": query.text,
        "runs": RUNS_LOOKED_AT, "limit": PAGE_SIZE + 1, **{kind.name.lower(): kind.word for kind in OutcomeKind},
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_STEPS, parameters)
        rows = cursor.fetchall()
    steps = [
        RunStep(
            Event(pk=pk, lead_id=lead.pk, campaign_id=lead.campaign_id, run_number=number, started_at=started_at),
            position,
            json.loads(content),
        )
        for pk, number, started_at, position, content, _ in rows[:PAGE_SIZE]
    ]
    runs = Event.objects.filter(lead_id=lead.pk, kind=Event.Kind.FLOW, pk__gte=first).order_by("pk")
    if query.run is not None:
        runs = runs.filter(run_number=query.run)
    ends = list(runs.values_list("pk", flat=True)[RUNS_LOOKED_AT - 1 : RUNS_LOOKED_AT + 1])
    if len(rows) > PAGE_SIZE:
        return StepPage(steps, Place(steps[-1].event.pk, rows[PAGE_SIZE - 1][-1]))
    return StepPage(steps, Place(ends[0], _BEHIND_ALL_STEPS), is_cut=True) if len(ends) == 2 else StepPage(steps, None)


def in_order_of_time(steps: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return the positions of a run's steps in the order of the log."""
    return sorted(range(len(steps)), key=lambda position: (steps[position]["at"], position))


_STEPS = """
WITH looked_at AS (
    SELECT id, run_number, started_at, steps FROM processr_event
    WHERE lead_id = %(lead)s AND kind = 'flow' AND id >= %(event)s AND (%(run)s::int IS NULL OR run_number = %(run)s::int)
    ORDER BY id LIMIT %(runs)s
)
SELECT looked_at.id, looked_at.run_number, looked_at.started_at, step.place - 1, step.content::text, step.turn
FROM looked_at CROSS JOIN LATERAL (
    SELECT content, place, row_number() OVER (ORDER BY (content ->> 'at')::float8, place) AS turn
    FROM jsonb_array_elements(looked_at.steps) WITH ORDINALITY AS recorded (content, place)
) AS step
WHERE (looked_at.id, step.turn) > (%(event)s, %(turn)s)
    AND (%(outcome)s::text = '' OR step.content ->> 'outcome' = %(outcome)s::text)
    AND (%(text)s::text = '' OR strpos(lower(concat(
        step.content ->> 'label', ': ',
        CASE step.content ->> 'outcome'
            WHEN 'passed' THEN %(passed)s WHEN 'failed' THEN %(failed)s WHEN 'error' THEN %(error)s WHEN 'skipped' THEN %(skipped)s
        END,
        CASE WHEN step.content ->> 'reason' <> '' THEN concat(' (', step.content ->> 'reason', ')') END
    )), lower(%(text)s::text)) > 0)
ORDER BY looked_at.id, step.turn LIMIT %(limit)s
"""
