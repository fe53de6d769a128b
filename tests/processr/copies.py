"""Copies of one lead, made in one statement, where many leads only have to exist."""

from django.db import connection

from leads.models import Lead

OWN = {
    "lead_hash": "md5(gen_random_uuid()::text)",
    "email": "'copy' || n || '@example.com'",
    "phone": "'+44' || (1000000 + n)",
    "name_key": "'copy n' || n",
    "captured": "lead.captured || jsonb_build_object('email', 'copy' || n || '@example.com')",
}
"""By column, SQL for the value that each copy has for itself. `n` is its place among them, from 1."""


def copy_lead(lead: Lead, n: int, **columns: str) -> list[Lead]:
    """Return so many copies of a stored lead, in the state in which it is. `columns` are SQL in place of that of `OWN` or beside it."""
    names = [field.column for field in Lead._meta.concrete_fields if not field.primary_key]
    values = [{**OWN, **columns}.get(name, f"lead.{name}") for name in names]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO leads_lead ({', '.join(names)}) SELECT {', '.join(values)} FROM leads_lead AS lead, generate_series(1, %s) AS n "
            "WHERE lead.id = %s ORDER BY n RETURNING id",
            [n, lead.pk],
        )
        ids = [pk for (pk,) in cursor.fetchall()]
    return list(Lead.objects.filter(pk__in=ids).order_by("pk"))


def same_as(lead: Lead) -> dict[str, str]:
    """Return what makes copies equal to the lead in all that is compared."""
    return {name: f"lead.{name}" for name in OWN if name != "lead_hash"}


def forget_statistics(*tables: str) -> None:
    """Forget the statistics of the planner about leads."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DELETE FROM pg_statistic WHERE starelid = '{table}'::regclass")
            cursor.execute(f"UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE oid = '{table}'::regclass")


def analyse(*tables: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(tables)}")
