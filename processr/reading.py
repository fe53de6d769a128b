"""What a job reads of a lead: the fields it names, or every captured one but those it leaves out.

Values are those the lead goes on with, transformed over captured: a job judges what a transform has put right as right. What enrichment
has found is read by a job that names it and runs after it; nobody looks through it unasked, as no publisher has sent it.
"""

from collections.abc import Sequence

from processr.batch import BatchLead

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
