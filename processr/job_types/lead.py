"""The leads of a chunk as jobs see them, and the fields that a job reads.

The values are the transformed ones laid over the captured ones, so a value that a transform has corrected
counts as correct. An enriched value is read only by a job that names the field and runs after enrichment. A
job that reads every field leaves it out, as no publisher has sent it.

`meta_of` gives the facts about a lead besides its captured fields, under the vendor's names, as text. They
come from the lead's own row alone, since they are read for every lead of a chunk. The lead's hash is not
among them: it is enough to change the lead, and publishers see what transforms make of a lead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from config.core import enterprise
from leads.models import Lead
from processr.plans.plan import PlannedJob, PlannedTransform


@dataclass(frozen=True, slots=True)
class JobLead:
    """One lead of a chunk, as jobs see it.

    `values` are the captured values with the transformed ones laid over them; `email`, `phone` and `name_key` are the
    forms in which those of them are compared with other leads. A lead with `is_test` never counts
    against others. `matched` are the fields that some transform made a value of. `enriched` is filled as the
    enrichment jobs of this run find values; jobs read it through `text`.
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
class JobInput:
    """The leads that one job looks at, all of one campaign and in id order.

    - `leads`: the leads the job runs for.
    - `chunk`: all leads that are judged together.
    - `transforms`: those of the plan.
    - `jobs`: those of the plan. The first job of a type may look up for the others of its type too.
    - `shared`: the results of such look-ups, which last as long as the run.
    - `not_valid`: for types that count Valid leads, the leads of the chunk that cannot become Valid by the
      outcomes of other jobs.
    """

    campaign_id: int
    advertiser_id: int
    leads: Sequence[JobLead]
    chunk: Sequence[JobLead]
    transforms: Sequence[PlannedTransform] = ()
    jobs: Sequence[PlannedJob] = ()
    shared: dict[str, Any] = field(default_factory=dict)
    not_valid: frozenset[int] = frozenset()


ANY = "*"
EMAILS = ("*email*",)
WEB_ADDRESSES = ("*url*", "*website*", "*webpage*", "*homepage*", "*linkedin*")
TELEPHONES = ("*phone*", "*mobile*", "*fax*")
"""Patterns of field names, like those above, whose values have signs and repetitions of their own."""


def text(lead: JobLead, name: str) -> str:
    value = lead.values.get(name)
    if value is None:
        value = lead.enriched.get(name)
    return value if isinstance(value, str) else "" if value is None else str(value)


class FieldSelection:
    """The fields a job reads: those it names, or every captured one except those it leaves out.

    It is made once per chunk and finds out once per form which names are left out, since the leads of a chunk
    come from few forms.
    """

    def __init__(self, named: Sequence[str], *, left_out: Sequence[str] = ()) -> None:
        self._named = named
        self._left_out = [_folded(pattern).split(ANY) for pattern in left_out]
        self._by_form: dict[tuple[str, ...], list[str]] = {}

    def texts(self, lead: JobLead) -> list[tuple[str, str]]:
        """Return the names and values of the selected fields.

        A named field is read even if it matches a pattern to leave out, and is empty where the lead has none.
        """
        values = lead.values
        names = self._named or self._captured_names(lead)
        return [(name, value if isinstance(value := values.get(name), str) else text(lead, name)) for name in names]

    def _captured_names(self, lead: JobLead) -> list[str]:
        form = tuple(lead.captured)
        names = self._by_form.get(form)
        if names is None:
            names = self._by_form[form] = [name for name in form if not _matches_any(_folded(name), self._left_out)]
        return names


def is_named_like(name: str, patterns: Sequence[str]) -> bool:
    return _matches_any(_folded(name), [_folded(pattern).split(ANY) for pattern in patterns])


def _folded(name: str) -> str:
    """Fold the name of a field: `Work-Email`, `work_email` and `workEmail` are the same name."""
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def _matches_any(name: str, patterns: Sequence[Sequence[str]]) -> bool:
    return any(_matches(name, parts) for parts in patterns)


def _matches(name: str, parts: Sequence[str]) -> bool:
    """Return whether the name matches the parts of a pattern between its asterisks.

    Each part is taken at its first occurrence, so nothing is tried twice.
    """
    if len(parts) == 1:
        return name == parts[0]
    first, *middle, last = parts
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    place, end = len(first), len(name) - len(last)
    for part in middle:
        start = name.find(part, place, end)
        if start < 0:
            return False
        place = start + len(part)
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
"""The names that `meta_of` gives values for, with their descriptions. They are case-sensitive, as the vendor's are."""


def meta_of(lead: Lead) -> dict[str, str]:
    """Return the lead's facts by name. Dates and times are in the enterprise's time zone."""
    created = local_time(lead.created_at, enterprise.current().zone)
    _, at, domain = lead.email.rpartition("@")
    return {
        "createdDate": created[:10],
        "createdTs": created,
        "emailDomain": f"@{domain}" if at else "",
        "id": str(lead.pk),
        "leadId": str(lead.pk),
        "campaignId": str(lead.campaign_id),
        "publisherId": str(lead.publisher_id or ""),
        "publisherSubId": lead.publisher_sub_id,
        "formId": str(lead.form_id or ""),
        "linkId": str(lead.link_id or ""),
        "ip": lead.ip or "",
        "host": lead.host,
        "landingPageUrl": lead.landing_page_url,
    }


def local_time(moment: datetime, zone: str) -> str:
    """Format the time in a time zone, such as 2026-01-31 14:30:00."""
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"
