"""What a job sees: the leads of a chunk, of one campaign, in id order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from processr.compiled import PlannedJob, PlannedTransform


@dataclass(frozen=True, slots=True)
class BatchLead:
    """`values` are the captured ones with the transformed laid over them; `is_test`: it never counts for others.

    `matched`: fields of which some transform made something. `enriched` fills as enrichment jobs of this run find something: by name,
    jobs read it through `processr.reading`.
    """

    id: int
    publisher_id: int | None
    email: str
    phone: str
    name_key: str
    ip: str | None
    imported: bool
    is_test: bool
    created_at: datetime
    processing_counter: int
    failed_jobs: frozenset[int]
    captured: Mapping[str, str]
    transformed: dict[str, str]
    matched: frozenset[str] = frozenset()
    enriched: dict[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", {**self.captured, **self.transformed} if self.transformed else self.captured)


@dataclass(frozen=True, slots=True)
class LeadBatch:
    """`leads` are those the job runs for; `chunk` is everything that is judged together with them; `transforms` are those of the plan.

    `jobs` are all of the plan: the first of a type may look up for its siblings too, and leave in `shared`, which lasts as long as the run,
    what it found. `not_valid`, for types that count Valid leads: those of the chunk that cannot become so, by what other jobs have said.
    """

    campaign_id: int
    advertiser_id: int
    leads: Sequence[BatchLead]
    chunk: Sequence[BatchLead]
    transforms: Sequence[PlannedTransform] = ()
    jobs: Sequence[PlannedJob] = ()
    shared: dict[str, Any] = field(default_factory=dict)
    not_valid: frozenset[int] = frozenset()
