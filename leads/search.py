"""Leads that people name by a text.

In the search box it is a lead's id or hash, a telephone number, words of its name, company or e-mail address, or the name
of its campaign. Where a page asks for one lead, it is its id, its e-mail address, or *last*.
"""

import re
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import and_
from time import monotonic
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet, Value

from campaigns.models import Campaign
from campaigns.scope import Who, scope_of
from campaigns.selectors import campaigns_for
from config.core.database.arrays import is_one_of
from config.core.errors import ROLE
from config.core.ids import ids_in
from leads import privacy
from leads.intake.normalize import FIRST_NAME, LAST_NAME
from leads.models import Lead
from leads.models.tally import PART_BITS
from leads.selectors import leads_for
from leads.values import emails, search_words, texts
from leads.values.search_words import WANTED_AT_MOST, SearchedText

LAST = "last"
RECENT = 20
HASH = re.compile(r"[0-9a-fA-F]{32}")
NUMBERED = re.compile(r"\A(?:lead\s*#?|#)\s*([0-9]+)\Z", re.IGNORECASE)
"""An id as people write it: #195, lead 195."""
FOUND_AT_MOST = 10_000
CAMPAIGNS_AT_MOST = 50
"""The newest campaigns that a text means, and as many for each of its words."""
SHORTEST_PART = 3
"""Fewer Latin letters, beside other words, name no campaign: they stand in most names."""
SECONDS = 1.0
"""The time after which a search for common words that few leads have together stops, with what it has found."""

SAMPLED_AT_MOST = 500
"""Leads of one part that are counted for each word of a search. A word that fewer of them have is rare."""
_PART = "\n"
"""Stands in a query for the part of the leads. No word holds it."""
# The newest part comes first. The index is asked for rare words, as it reads all that begin with a word before it compares; the
# others are looked for in the rows that it gives. Called by its name, the function is not looked up in the index.
_FIND = f"""
SELECT found.lead_id
FROM generate_series((SELECT max(lead_id) FROM leads_leadsearch) >> {PART_BITS}, 0, -1) AS part, LATERAL (
    SELECT lead_id FROM leads_leadsearch
    WHERE tsv @@ replace(%(indexed)s, %(part)s, to_hex(part) || '/')::tsquery {{conditions}} ORDER BY lead_id DESC
) AS found
WHERE clock_timestamp() < statement_timestamp() + %(seconds)s * interval '1 second' + part * interval '0'
LIMIT %(most)s
"""  # noqa: S608
_HAS_ALL = "AND ts_match_vq(tsv, replace(%(all)s, %(part)s, to_hex(part) || '/')::tsquery)"
_OF_CAMPAIGNS = "AND campaign_id = ANY(%(campaigns)s)"
_SAMPLE = f"""
SELECT (SELECT count(*) FROM (
    SELECT FROM leads_leadsearch WHERE tsv @@ replace(word, %(part)s, to_hex(full_part) || '/')::tsquery LIMIT {SAMPLED_AT_MOST}
) AS having_it)
FROM unnest(%(words)s::text[]) WITH ORDINALITY AS searched (word, place),
    (SELECT greatest(max(lead_id) / {1 << PART_BITS} - 1, 0) AS full_part FROM leads_leadsearch) AS newest
ORDER BY place
"""  # noqa: S608


class SearchRefused(ValueError):
    """A search that is refused, with a message for the user."""


class FoundLeads(NamedTuple):
    """The result of a search: the condition over Lead, and where it does not hold for all leads that match, why."""

    condition: Q
    limit: str = ""


class _NamedCampaigns(NamedTuple):
    """The campaigns that have the whole text in their name, and those that have a part of it, by part."""

    by_text: list[int]
    by_part: Mapping[str, list[int]]


def matching_leads(text: str, who: Who) -> Q:
    """Return the condition over Lead of the leads that the text means. See `find_leads`."""
    return find_leads(text, who).condition


def find_leads(text: str, who: Who, *, campaign: Campaign | None = None) -> FoundLeads:
    """Find the newest leads that the text means, of all campaigns or of one, in one query of the index of words.

    Each word is one of the lead, or stands in the name of its campaign: `payroll thabo` are the Thabos of the campaigns for payroll.
    Users who see personal data masked search by id and campaign alone.
    """
    text = search_words.clean(text)
    refuse_search(text, who)
    if HASH.fullmatch(text):
        return FoundLeads(Q(lead_hash=text.lower()))
    searched = search_words.read_search(text) if privacy.sees_personal_data(who) else SearchedText({}, [])
    campaigns = _campaigns_named(text, who, parts=searched.words.values())
    found, limit = _find(searched, campaigns, who, campaign) if any((*searched, campaigns.by_text)) else ([], "")
    return FoundLeads(Q(is_one_of([*_ids_named(text), *found])), limit)


def refuse_search(text: str, who: Who) -> None:
    """Raise SearchRefused for a text that the user may not search by, or that has too many words."""
    text = search_words.clean(text)
    if HASH.fullmatch(text):
        if not privacy.sees_capabilities(who):
            raise SearchRefused(
                f"{ROLE.lifts('Your role does not see lead hashes, so leads are not found by them.')} Search by the lead's id."
            )
    elif not privacy.sees_personal_data(who):
        if text and not _ids_named(text) and not _campaigns_named(text, who).by_text:
            message = "Personal data is masked for your role, so leads are found by their id and campaign only."
            raise SearchRefused(f"{ROLE.lifts(message)} No campaign has “{text}” in its name.")
    elif len(search_words.read_search(text).words) > WANTED_AT_MOST:
        raise SearchRefused(f"A search takes at most {WANTED_AT_MOST} words. Leave some out.")


def _ids_named(text: str) -> list[int]:
    return ids_in([NUMBERED.sub(r"\1", text)])


def searched_by(who: Who) -> str:
    """Return what a search of the user looks through, in words."""
    hashes = ["lead hash"] if privacy.sees_capabilities(who) else []
    personal = (
        ["name and company (words or how they begin, in any order)", "e-mail", "telephone (any spelling)"]
        if privacy.sees_personal_data(who)
        else []
    )
    return f"{', '.join([*personal, 'campaign name', *hashes])} and lead id"


def search_hints(who: Who) -> tuple[str, str]:
    """Return what the search box says of what the user may search by: in short, and whole."""
    short = "Name, company, e-mail, telephone" if privacy.sees_personal_data(who) else "Campaign or lead id"
    return short, searched_by(who)


def _find(searched: SearchedText, campaigns: _NamedCampaigns, who: Who, campaign: Campaign | None) -> tuple[list[int], str]:
    """Return the newest leads that are meant, in the scope of the user, and why there may be more."""
    began, scope = monotonic(), scope_of(who)
    within = [*([[f"c:{campaign.pk}"]] if campaign else []), *([[f"p:{pk}" for pk in scope.publishers]] if scope.publishers else [])]
    words = _words_of_leads(searched, campaigns)
    others = [*(f"{_quoted(number)}:*" for number in searched.numbers), *_of_campaigns(campaigns.by_text)]
    indexed, every = (_query(chosen, others, within) for chosen in (_rarest(words), words.values()))
    parameters: dict[str, Any] = {"part": _PART, "seconds": SECONDS, "most": FOUND_AT_MOST + 1, "indexed": indexed, "all": every}
    conditions = _HAS_ALL if every != indexed else ""
    if not (scope.everything or scope.publishers):
        parameters["campaigns"] = list(campaigns_for(who).values_list("pk", flat=True))
        conditions += _OF_CAMPAIGNS
    with connection.cursor() as cursor:
        cursor.execute(_FIND.format(conditions=conditions), parameters)
        found = sorted((lead_id for (lead_id,) in cursor.fetchall()), reverse=True)
    if len(found) > FOUND_AT_MOST:
        return found[:FOUND_AT_MOST], f"More than {FOUND_AT_MOST:,} leads match: the newest {FOUND_AT_MOST:,} are searched. Add a word."
    if monotonic() - began >= SECONDS:
        return found, "The words are too common: the search stopped after a second, at the newest leads. Add a word, or write one out."
    return found, ""


def _words_of_leads(searched: SearchedText, campaigns: _NamedCampaigns) -> dict[str, str]:
    """Return the query for each word: of the leads that have it, and of those of the campaigns that its part of the text names."""
    ending = "" if searched.is_bare_number else ":*"
    return {
        word: " | ".join([f"{_quoted(word)}{ending}", *_of_campaigns(campaigns.by_part.get(part, ()))])
        for word, part in searched.words.items()
    }


def _rarest(words: Mapping[str, str]) -> list[str]:
    """Return the queries that the index is asked: of the words that are rare in the newest full part, else of the two longest ones."""
    if len(words) < 2:
        return [*words.values()]
    with connection.cursor() as cursor:
        cursor.execute(_SAMPLE, {"words": [*words.values()], "part": _PART})
        counts = [count for (count,) in cursor.fetchall()]
    rare = [query for count, query in zip(counts, words.values(), strict=True) if count < SAMPLED_AT_MOST]
    longest = sorted(words, key=len)[-2:]
    return rare or [words[word] for word in words if word in longest]


def _query(words: Iterable[str], others: Iterable[str], within: Iterable[Iterable[str]]) -> str:
    """Return the query as PostgreSQL reads it: all of the words, or one of the others.

    `within` are lists of words of which a lead has one each, whatever else it is found by.
    """
    query = " | ".join(filter(None, [" & ".join(f"({word})" for word in words), *others]))
    return " & ".join(f"({part})" for part in [query, *(" | ".join(map(_quoted, words)) for words in within)])


def _of_campaigns(campaigns: Iterable[int]) -> list[str]:
    return [_quoted(f"c:{pk}") for pk in campaigns]


def _quoted(word: str) -> str:
    escaped = word.replace("\\", r"\\").replace("'", "''")
    return f"'{_PART}{escaped}'"


def _campaigns_named(text: str, who: Who, *, parts: Iterable[str] = ()) -> _NamedCampaigns:
    """Return the newest campaigns of the user that have all the words in their name, in any order, and those that have one of the parts.

    The campaigns of a part matter only beside other parts.
    """
    words = text.split()[:WANTED_AT_MOST]
    if not words:
        return _NamedCampaigns([], {})
    telling = [part for part in dict.fromkeys(parts) if len(part) >= SHORTEST_PART or not part.isascii()] if len(words) > 1 else []
    named = [reduce(and_, (Q(name__icontains=word) for word in words)), *(Q(name__icontains=part) for part in telling)]
    newest = campaigns_for(who).order_by("-pk").distinct()
    first, *others = (newest.filter(condition).values_list(Value(n), "pk")[:CAMPAIGNS_AT_MOST] for n, condition in enumerate(named))
    found: list[list[int]] = [[] for _ in named]
    for n, pk in first.union(*others, all=True) if others else first:
        found[n].append(pk)
    return _NamedCampaigns(found[0], dict(zip(telling, found[1:], strict=True)))


def named_lead(leads: QuerySet[Lead], who: Who, name: str) -> Lead | None:
    """Return the lead that a person means: its id, its e-mail address, or *last*. An address finds the newest lead that has it.

    Users who see leads masked name none by its address: that one is found would tell them the address.
    """
    text = texts.strip(name)
    if text.casefold() == LAST:
        return leads.order_by("-pk").first()
    if "@" in text:
        found = leads.filter(email=emails.canonical(text)) if privacy.sees_personal_data(who) else leads.none()
        return found.order_by("-pk").first()
    return leads.filter(pk__in=ids_in([text])).first()


def recent_leads(who: Who, campaign: Campaign) -> list[tuple[str, str]]:
    """Return what names the newest leads of a campaign, and the lead in words, for pages that ask for one."""
    if not privacy.sees_personal_data(who):
        return []
    rows = leads_for(who).filter(campaign=campaign).order_by("-pk").only("pk", "captured", "email")[:RECENT]
    recent = [(str(lead.pk), " ".join(filter(None, [*map(lead.captured.get, (FIRST_NAME, LAST_NAME)), lead.email]))) for lead in rows]
    return [(LAST, "The last one that came"), *recent] if recent else []
