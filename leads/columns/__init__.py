"""The columns of leads, by key, for the user of a request.

`declared` has one declaration of each column, and upper apps register theirs in `lead_columns`. Any field of the leads'
values is a column too, as in `captured:company`. Tables, filters, the search and files are built from these.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.db.models.constants import LOOKUP_SEP

from campaigns.models import Campaign
from campaigns.scope import Who
from config.core.accounts import roles
from config.core.errors import DomainError
from config.core.pg_text import is_storable
from config.core.tabular.csv_writer import FOR_PEOPLE, CsvFormat
from config.core.tabular.formulas import neutralised_sql
from leads import privacy
from leads.columns import declared, declared_filters  # noqa: F401  (register the columns and filters)
from leads.columns.declared import DEFAULT_COLUMNS
from leads.columns.kinds import FieldColumn
from leads.extension_points import LeadColumn, lead_columns, made_fields
from leads.models import Lead

FIELD_SOURCES = {"captured": "{}", "transformed": "{} (transformed)", "enriched": "{} (enriched)"}
"""The sources of fields that may be columns, with the label of such a column."""
LONGEST_FIELD = 200
_SEES_MADE = roles.SEES_LEADS - {roles.PUBLISHER}
"""The roles that see more than captured values (decision 33)."""


def columns_for(who: Who, keys: Collection[str] = DEFAULT_COLUMNS) -> list[LeadColumn]:
    """Return the columns in the order of their keys. An unknown column, and one that the role may not see, is refused."""
    if not keys:
        raise DomainError("Choose at least one column.", field="columns")
    columns = []
    for key in keys:
        column = lead_columns.get(key) or field_column(key)
        if column is None or who.role not in column.roles:
            raise DomainError(f"“{key}” is not a column of leads.", field="columns")
        columns.append(column)
    if len(set(keys)) < len(columns):
        raise DomainError("A column is chosen more than once.", field="columns")
    return columns


def fault_of(who: Who, key: str) -> str:
    """Return why the user cannot have the column in a table, or an empty text."""
    column = lead_columns.get(key) or field_column(key)
    if column is None:
        return "is not there any more"
    return "" if who.role in column.roles else "is not shown to your role"


def label_of(key: str) -> str:
    column = lead_columns.get(key) or field_column(key)
    return column.label if column else key


def field_column(key: str) -> FieldColumn | None:
    """Return the column of a field, such as `captured:company`."""
    source, _, field = key.partition(":")
    if source not in FIELD_SOURCES or not _may_be_field(field):
        return None
    seen_by = roles.SEES_LEADS if source == "captured" else _SEES_MADE
    return FieldColumn(key, FIELD_SOURCES[source].format(field), field, sources=(source,), roles=seen_by)


def made_columns(who: Who, campaign: Campaign | None = None) -> list[FieldColumn]:
    """Return the columns of the fields that are made of captured values in the user's campaigns, or in one of them."""
    if who.role not in _SEES_MADE:
        return []
    names = [f"{source.key}:{name}" for source in made_fields for name in source.names(who, campaign)]
    return [column for name in names if (column := field_column(name))]


def value_column(field: str) -> FieldColumn | None:
    """Return the column of a field's value as people see it, from whichever source (`Lead.values`)."""
    return FieldColumn(field, field, field, sources=declared.VALUES) if _may_be_field(field) else None


def _may_be_field(name: str) -> bool:
    return bool(name.strip()) and len(name) <= LONGEST_FIELD and is_storable(name)


def all_columns(who: Who) -> list[LeadColumn]:
    """Return the declared columns that the role may see: those that lists are filtered, sorted and searched by."""
    return [column for column in lead_columns if who.role in column.roles]


def sorts_for(who: Who) -> dict[str, str]:
    """Return the columns of Lead that the user may sort by, by the key of the column."""
    return {column.key: sort for column in all_columns(who) if (sort := column.sort_for(who))}


def rows_for_page(leads: QuerySet[Lead], columns: Iterable[LeadColumn], who: Who) -> QuerySet[Lead]:
    """Return the leads with no more than a page of these columns reads: the columns of their rows, and related rows."""
    paths = {"processr_status", *sorts_for(who).values()}
    for column in columns:
        paths |= {*column.reads, *(privacy.MASKED_READS if column.is_hidden(who) else ())}
    related = {path.rpartition(LOOKUP_SEP)[0] for path in paths} - {""}
    return leads.select_related(*related).only(*paths) if related else leads.only(*paths)


def copy_statement(
    leads: QuerySet[Lead], columns: Sequence[LeadColumn], who: Who, csv_format: CsvFormat = FOR_PEOPLE
) -> tuple[str, Sequence[Any]]:
    """Return the SQL and parameters of a file of leads, for `tabular.csv_writer.copy_rows`: texts as the user may see them."""
    names = [f"column_{number}" for number in range(len(columns))]
    texts = leads.annotate(**{name: column.sql(who) for name, column in zip(names, columns, strict=True)}).values_list(*names)
    sql, parameters = texts.query.sql_with_params()
    cells = [neutralised_sql(name) if csv_format.neutralises else name for name in names]
    return f"SELECT {', '.join(cells)} FROM ({sql}) AS texts", parameters
