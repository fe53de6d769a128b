"""What a job sees: the leads of a chunk, of one campaign, in id order.

What a job reads of a lead: the fields it names, or every captured one but those it leaves out.

Values are those the lead goes on with, transformed over captured: a job judges what a transform has put right as right. What enrichment
has found is read by a job that names it and runs after it; nobody looks through it unasked, as no publisher has sent it.


What is known about a lead besides what its form captured, under the vendor's names, as text.

Only what the lead's own row holds: it is read for every lead of a chunk. The lead's hash is not among it: who knows it can change the
lead, and what transforms make of it would be seen by publishers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from config.core import enterprise
from leads.models import Lead
from processr.plans.plan import PlannedJob, PlannedTransform


@dataclass(frozen=True, slots=True)
class BatchLead:
    """`values` are the captured ones with the transformed laid over them; `is_test`: it never counts for others.

    `matched`: fields of which some transform made something. `enriched` fills as enrichment jobs of this run find something: by name,
    jobs read it through `processr.job_types.lead`.
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


ANY = "*"
EMAILS = ("*email*",)
WEB_ADDRESSES = ("*url*", "*website*", "*webpage*", "*homepage*", "*linkedin*")
TELEPHONES = ("*phone*", "*mobile*", "*fax*")
"""Names under which forms ask for what has its own signs and repeats."""


LISTED = 10


def listed(names: Sequence[str]) -> str:
    """As many as a person reads."""
    return ", ".join([*names[:LISTED], *(["…"] if len(names) > LISTED else [])])


def text(lead: BatchLead, name: str) -> str:
    value = lead.values.get(name)
    if value is None:
        value = lead.enriched.get(name)
    return value if isinstance(value, str) else "" if value is None else str(value)


class Fields:
    """Made for a chunk, whose leads came by few forms: which of a form's names are left out is found out once."""

    def __init__(self, named: Sequence[str], *, left_out: Sequence[str] = ()) -> None:
        self._named = named
        self._left_out = [_folded(pattern).split(ANY) for pattern in left_out]
        self._of_form: dict[tuple[str, ...], list[str]] = {}

    def texts(self, lead: BatchLead) -> list[tuple[str, str]]:
        """Name and value. A field that is named is looked at whatever is left out otherwise, and is empty where the lead has none."""
        values = lead.values
        return [
            (name, value if isinstance(value := values.get(name), str) else text(lead, name)) for name in self._named or self._all(lead)
        ]

    def _all(self, lead: BatchLead) -> list[str]:
        form = tuple(lead.captured)
        known = self._of_form.get(form)
        if known is None:
            known = self._of_form[form] = [name for name in form if not self._is_left_out(name)]
        return known

    def _is_left_out(self, name: str) -> bool:
        return any(_matches(_folded(name), parts) for parts in self._left_out)


def is_named_like(name: str, patterns: Sequence[str]) -> bool:
    return any(_matches(_folded(name), _folded(pattern).split(ANY)) for pattern in patterns)


def _folded(name: str) -> str:
    """`Work-Email`, `work_email` and `workEmail` are one name."""
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def _matches(name: str, parts: Sequence[str]) -> bool:
    """`parts` are what stands between the asterisks. Each is taken where it comes first, so nothing is ever tried twice."""
    if len(parts) == 1:
        return name == parts[0]
    first, *middle, last = parts
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    place, end = len(first), len(name) - len(last)
    for part in middle:
        found = name.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


NAMES = {
    "createdDate": "the day the lead came, as 2026-01-31",
    "createdTs": "the moment the lead came, as 2026-01-31 14:30:00",
    "emailDomain": "what follows the name in the e-mail address, as @example.com",
    "id": "the lead's id",
    "leadId": "the lead's id",
    "campaignId": "the campaign's id",
    "publisherId": "the lead generator's id",
    "publisherSubId": "what the lead generator calls its own source",
    "formId": "the form's id",
    "linkId": "the link's id",
    "ip": "the address the lead came from",
    "host": "the host the lead was sent to",
    "landingPageUrl": "the page the form was on",
}
"""Capital and small letters matter in them, as the vendor has it."""


def meta_of(lead: Lead) -> dict[str, str]:
    """Days and times are the enterprise's."""
    created = local_time(lead.created_at, enterprise.current().zone)
    _, at, domain = lead.email.rpartition("@")
    return {
        "createdDate": created[:10],
        "createdTs": created,
        "emailDomain": f"@{domain}" if at else "",
        "id": str(lead.pk),
        "leadId": str(lead.pk),
        "campaignId": str(lead.campaign_id),
        "publisherId": _text(lead.publisher_id),
        "publisherSubId": lead.publisher_sub_id,
        "formId": _text(lead.form_id),
        "linkId": _text(lead.link_id),
        "ip": lead.ip or "",
        "host": lead.host,
        "landingPageUrl": lead.landing_page_url,
    }


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


def local_time(moment: datetime, zone: str) -> str:
    """As 2026-01-31 14:30:00."""
    return f"{moment.astimezone(_zone(zone)):%Y-%m-%d %H:%M:%S}"


@lru_cache(maxsize=4)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
