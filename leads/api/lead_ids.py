"""The leads named in a body of API v4: by id as a number or a text, by address, or by hash, as many as one likes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework.request import Request

from campaigns.scope import Who
from config.core.api.hydra.responses import BASE
from config.core.errors import DomainError
from config.core.ids import LARGEST_ID, in_portions, parse_id
from leads import bulk
from leads.lifecycle import CHUNK
from leads.search import HASH
from leads.selectors import leads_for

ADDRESS = f"{BASE}/leads/"
LARGEST_BODY = 48 * 1024 * 1024
"""Bytes: a million ids as addresses, with their quotes and separators."""
MOST_VALUES = bulk.AT_MOST + 100
WRITTEN: Mapping[str, Any] = {
    "type": ["integer", "string"],
    "description": f"An id, {ADDRESS}<id>, or the hash of the lead.",
}


def schema(at_most: int) -> dict[str, Any]:
    return {"type": "array", "items": WRITTEN, "minItems": 1, "maxItems": at_most}


@dataclass(frozen=True)
class NamedLeads:
    """The leads of a body, each once. `hashes` maps the hashes of leads that the user sees to their ids, and `unknown` are the others.

    Ids are not looked up: what is done with them says which of them the user does not see.
    """

    ids: list[int]
    hashes: Mapping[str, int]
    unknown: list[str]

    @property
    def all_ids(self) -> set[int]:
        return {*self.ids, *self.hashes.values()}


def take_leads(request: Request, value: object, *, at_most: int) -> NamedLeads:
    """Read the leads that the body names, and empty the body: what is read from it is all that is needed from here on.

    A request, its view and its serializers refer to each other, so that what they hold stays after the answer, until
    Python's collector finds it: of a million hashes that was 200 MB.
    """
    try:
        return read_leads(value, request.user, at_most=at_most)
    finally:
        if isinstance(value, list):
            value.clear()
        request._request._body = b""


def read_leads(value: object, who: Who, *, at_most: int) -> NamedLeads:
    """Raises DomainError for what is no list of leads, naming the first member that is none, and for more than `at_most`."""
    if not isinstance(value, list) or not value:
        raise DomainError("Give the ids of the leads, as [1, 2].", field="leads")
    if len(value) > at_most:
        raise DomainError(f"At most {at_most:,} leads at once: here are {len(value):,}.", field="leads")
    ids: dict[int, None] = {}
    hashes: dict[str, None] = {}
    for position, member in enumerate(value):
        name = _read(member)
        if name is None:
            raise DomainError(f"Must be the id of a lead, from 1 on, {ADDRESS}1, or a lead hash.", field=f"leads[{position}]")
        if isinstance(name, int):
            ids[name] = None
        else:
            hashes[name] = None
    found = _ids_of(hashes, who)
    return NamedLeads(list(ids), found, [lead_hash for lead_hash in hashes if lead_hash not in found])


def _read(member: object) -> int | str | None:
    """Return an id or a hash, None for anything else."""
    if type(member) is int:
        return member if 0 < member <= LARGEST_ID else None
    if not isinstance(member, str):
        return None
    text = member.strip()
    if HASH.fullmatch(text):
        lowered = text.lower()
        return text if lowered == text else lowered  # of a million, the copies would be as large as the body
    try:
        return parse_id(text.removeprefix(ADDRESS))
    except ValueError:
        return None


def _ids_of(hashes: Collection[str], who: Who) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in in_portions(hashes, CHUNK):
        found |= dict(leads_for(who).filter(lead_hash__in=some).order_by().values_list("lead_hash", "pk"))
    return found


def campaigns_of(ids: Collection[int], who: Who) -> set[int]:
    """Return the campaigns of those of the leads that the user sees."""
    campaigns: set[int] = set()
    for some in in_portions(ids, CHUNK):
        campaigns |= set(leads_for(who).filter(pk__in=some).order_by().values_list("campaign_id", flat=True).distinct())
    return campaigns
