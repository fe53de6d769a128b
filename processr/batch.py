"""What a job sees: the leads of a chunk, of one campaign, in id order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class BatchLead:
    """`values` are the captured ones with the transformed laid over them; `is_test`: it never counts for others."""

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
    values: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", {**self.captured, **self.transformed} if self.transformed else self.captured)


@dataclass(frozen=True, slots=True)
class LeadBatch:
    """`leads` are those the job runs for; `chunk` is everything that is judged together with them."""

    campaign_id: int
    advertiser_id: int
    leads: Sequence[BatchLead]
    chunk: Sequence[BatchLead]
