"""The table of words by which leads are searched (`LeadSearch`): what is in it for a lead, and how it is written."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from leads.intake import normalize
from leads.intake.normalize import Derived
from leads.models import Lead, LeadSearch
from leads.models.tally import PART_BITS

NEWEST = 20_000
"""Ids that are looked through for leads without words, once a minute."""


class SearchedLead(NamedTuple):
    lead_id: int
    campaign_id: int
    words: list[str]


def vector_sql(lead_id: str, words: str) -> str:
    """Return the SQL of the words of a lead as they are stored: each after the number of the lead's part.

    `words` is one text, as `joined` makes it, which takes less time than an array of words in JSON.
    """
    part = f"to_hex({lead_id} >> {PART_BITS}) || '/'"
    return f"array_to_tsvector(string_to_array({part} || replace({words}, E'\\n', E'\\n' || {part}), E'\\n'))"


def joined(words: Iterable[str]) -> str:
    """Return the words of a lead, none of which has a line break in it, as one text."""
    return "\n".join(words)


def words_of(captured: Mapping[str, object], derived: Derived, *, campaign_id: int, publisher_id: int | None) -> list[str]:
    """Return the words of a lead, with its campaign and publisher."""
    publisher = [] if publisher_id is None else [f"p:{publisher_id}"]
    return [f"c:{campaign_id}", *publisher, *normalize.words(captured, derived)]


_ROWS = f"""
SELECT lead_id, campaign_id, {vector_sql("lead_id", "words")} AS tsv
FROM jsonb_to_recordset(%s) AS row(lead_id bigint, campaign_id bigint, words text)
"""  # noqa: S608
_WRITE = f"""
INSERT INTO leads_leadsearch (lead_id, campaign_id, tsv) {_ROWS} ORDER BY lead_id
ON CONFLICT (lead_id) DO UPDATE SET campaign_id = EXCLUDED.campaign_id, tsv = EXCLUDED.tsv
"""
_DIFFERENT = f"""
SELECT lead_id FROM ({_ROWS}) AS computed LEFT JOIN leads_leadsearch AS stored USING (lead_id)
WHERE (stored.campaign_id, stored.tsv) IS DISTINCT FROM (computed.campaign_id, computed.tsv) ORDER BY lead_id
"""  # noqa: S608


def write(leads: Collection[SearchedLead]) -> None:
    """Write the words of the leads in place of those that they have. The caller has the leads locked."""
    if leads:
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, [_as_json(leads)])


def write_missing(first: int, last: int) -> int:
    """Write the words of the leads with an id above `first`, up to `last`, that have none yet. Return their number."""
    without_words = ~Exists(LeadSearch.objects.filter(pk=OuterRef("pk")))
    with transaction.atomic():
        missing = _computed(_leads(first, last).filter(without_words).select_for_update(no_key=True))
        write(missing)
    return len(missing)


def write_newest() -> int:
    """Write the words of new leads that have none: of those that programs of the last version store while this one is installed."""
    newest = Lead.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return write_missing(newest - NEWEST, newest)


def wrong_leads(first: int, last: int) -> list[int]:
    """Return the leads with an id above `first`, up to `last`, whose stored words are not those of their values."""
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENT, [_as_json(_computed(_leads(first, last)))])
        return [lead_id for (lead_id,) in cursor.fetchall()]


def _leads(first: int, last: int) -> QuerySet[Lead]:
    return Lead.objects.filter(pk__gt=first, pk__lte=last).order_by("pk")


def _computed(leads: QuerySet[Lead]) -> list[SearchedLead]:
    rows = leads.values_list("pk", "campaign_id", "publisher_id", "captured", *Derived._fields)
    return [
        SearchedLead(pk, campaign_id, words_of(captured, Derived(*derived), campaign_id=campaign_id, publisher_id=publisher_id))
        for pk, campaign_id, publisher_id, captured, *derived in rows
    ]


def _as_json(leads: Iterable[SearchedLead]) -> str:
    return json.dumps([{**lead._asdict(), "words": joined(lead.words)} for lead in leads])
