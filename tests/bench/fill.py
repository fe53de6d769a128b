"""Fills an empty installation with leads by SQL: a year of 200 campaigns, spread as real ones are, true to every constraint."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from campaigns import services
from campaigns.models import Campaign
from config.core import enterprise
from config.core.actor import SYSTEM
from leads.intake import search_index
from leads.lifecycle import tallies
from leads.models import Lead, TallyDelta
from leads.models.tally import KEYS
from tests.bench.report import tell

CAMPAIGNS, PUBLISHERS, DAYS = 200, 20, 365
PORTION = 250_000

# Skewed, as campaigns are: the largest has many times the leads of the smallest. Each column of a lead follows from `n` and the dice.
_LEADS = """
INSERT INTO leads_lead ({columns}, {others})
SELECT {columns}, {values} FROM (
    SELECT *,
        CASE WHEN second_check <> '' THEN second_check WHEN qa_status <> '' THEN qa_status ELSE 'pending' END AS current_status,
        CASE WHEN qa_status = '' THEN 'held' ELSE 'complete' END AS processr_status,
        CASE WHEN qa_status = '' THEN 'no_job' ELSE '' END AS hold_reason,
        CASE WHEN qa_status IN ('caution', 'invalid') THEN ARRAY[1 + n %% 3]::bigint[] ELSE '{{}}' END AS failed_jobs,
        jsonb_build_object('firstName', first, 'lastName', last, 'email', email, 'telephone', phone, 'company', 'Company ' || n %% 5000,
            'addressLine1', n %% 300 || ' High Street', 'city', 'Town ' || n %% 900, 'postcode', 'SW' || n %% 20 || ' ' || n %% 10 || 'BB',
            'jobTitle', 'Head of Purchasing', 'country', 'GB') AS captured,
        lower(first || ' ' || last) AS name_key
    FROM (
        SELECT n, md5(n::text) AS lead_hash,
            (%(campaigns)s)[1 + floor(power(random(), 2) * cardinality(%(campaigns)s))::int] AS campaign_id,
            (%(publishers)s)[1 + floor(random() * cardinality(%(publishers)s))::int] AS publisher_id,
            'first' || n %% 5000 AS first, 'last' || n %% 20011 AS last, 'person' || n || '@example.com' AS email,
            '+4479' || lpad(n::text, 8, '0') AS phone,
            ('{{valid,valid,valid,valid,valid,valid,invalid,invalid,caution,""}}'::text[])[1 + floor(random() * 10)::int] AS qa_status,
            CASE WHEN random() < 0.05 THEN ('{{valid,invalid,test}}'::text[])[1 + floor(random() * 3)::int] ELSE '' END AS second_check,
            CASE WHEN random() < 0.4 THEN 'delivered' ELSE 'not_delivered' END AS delivery_status,
            30 AS max_score, 10 * floor(random() * 4)::int AS score, 'webhook' AS entry_point,
            %(began)s + n * %(apart)s AS created_at, %(began)s + n * %(apart)s AS updated_at
        FROM generate_series(%(first)s, %(last)s) AS n
    ) AS dice
) AS lead
"""
# As `leads.intake.search_index` makes them of these people, which is checked.
_WORDS = f"""
INSERT INTO leads_leadsearch (lead_id, campaign_id, tsv)
SELECT id, campaign_id, {search_index.vector_sql("id", "words")} FROM (
    SELECT id, campaign_id, replace(concat_ws(' ', 'c:' || campaign_id, 'p:' || publisher_id, name_key, lower(captured->>'company'), email,
        translate(email, '@.', '  '), 't:' || phone, 't:n' || substr(phone, 4), 't:n0' || substr(phone, 4)), ' ', E'\\n') AS words
    FROM leads_lead WHERE id > (SELECT coalesce(max(lead_id), 0) FROM leads_leadsearch)
) AS searched
"""  # noqa: S608
_SAID = (
    "lead_hash", "campaign_id", "publisher_id", "captured", "email", "phone", "name_key", "entry_point", "processr_status", "qa_status",
    "second_check", "current_status", "delivery_status", "hold_reason", "failed_jobs", "score", "max_score", "created_at", "updated_at",
)  # fmt: skip
_BILLABLE = {
    "publisher_billable": "current_status = 'valid'",
    "advertiser_billable": "current_status = 'valid' AND delivery_status = 'delivered'",
}

_DELTAS = f"""
INSERT INTO leads_tallydelta ({", ".join(KEYS)}, n)
SELECT {", ".join(KEYS)}, count(*) FROM (SELECT *, (created_at AT TIME ZONE %s)::date AS day FROM leads_lead) AS lead
GROUP BY {", ".join(KEYS)}
"""  # noqa: S608


def fill(leads: int) -> None:
    began = timezone.now() - timedelta(days=DAYS)
    parameters = {"campaigns": _campaigns(), "publishers": _publishers(), "began": began, "apart": timedelta(days=DAYS) / leads}
    statement = _LEADS.format(columns=", ".join(_SAID), **_others())
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.42)")
        for first in range(1, leads + 1, PORTION):
            tell(f"filling: {first - 1:,} of {leads:,} leads")
            cursor.execute(statement, {**parameters, "first": first, "last": min(first + PORTION - 1, leads)})
            cursor.execute(_WORDS)
        cursor.execute(_DELTAS, [str(enterprise.zone())])
        while TallyDelta.objects.exists():
            tallies.fold()
        cursor.execute("VACUUM ANALYZE")
    newest = Lead.objects.latest("pk").pk
    if wrong := search_index.wrong_leads(newest - 100, newest):
        raise RuntimeError(f"{len(wrong)} leads of 100 have other words than the product writes")


def _campaigns() -> list[int]:
    advertiser = services.create_advertiser("Filled", actor=SYSTEM)
    start, currency = timezone.now() - timedelta(days=DAYS), enterprise.current().currency
    for number in range(CAMPAIGNS):
        services.create_campaign(f"Campaign {number}", advertiser=advertiser, currency=currency, start=start, signed=True, actor=SYSTEM)
    return list(Campaign.objects.filter(advertiser=advertiser).order_by("pk").values_list("pk", flat=True))


def _publishers() -> list[int]:
    return [services.create_publisher(f"Publisher {number}", actor=SYSTEM).pk for number in range(PUBLISHERS)]


def _others() -> dict[str, str]:
    """The columns that are not named, with the model's defaults."""
    said = {"id", *_SAID, *_BILLABLE}
    fields = [field for field in Lead._meta.concrete_fields if field.column not in said]
    defaults = {str(field.column): _literal(field.get_db_prep_save(field.get_default(), connection)) for field in fields}
    written = {**_BILLABLE, **defaults}
    return {"others": ", ".join(written), "values": ", ".join(written.values())}


def _literal(value: object) -> str:
    return str(connection.ops.compose_sql("%s", [value])).replace("%", "%%")  # type: ignore[attr-defined]  # psycopg's operations have it
