"""The columns of a batch's file (Include Fields), as one query and as the settings form has them.

The values are those that an integration sends under the same names (`integrations.delivery.payload`), except that dates and
times are in the zone of the schedule (decision 46). A test compares both for every name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from django import forms
from django.core.exceptions import EmptyResultSet
from django.db.models import Model, QuerySet
from django.utils import timezone

from batches.files.formats import XLSX, BatchFormat
from campaigns.models import Campaign
from config.core.errors import DomainError
from config.core.tabular.formulas import neutralised_sql
from integrations.delivery.payload import CAPABILITIES
from integrations.delivery.payload import NAMES as PAYLOAD_NAMES
from leads.statuses import CurrentStatus
from processr.job_types.lead import local_time
from processr.job_types.rows_field import RowsField
from processr.job_types.settings_fields import FieldNameField, validate_text
from processr.selectors import field_names

MOST_COLUMNS = 300
LONGEST_HEADER = 200
FIELD = "include_fields"
NAMES: Mapping[str, str] = {**PAYLOAD_NAMES, "formHash": "the form's name in addresses"}
"""The names that a column can have besides the fields of leads."""
ROW = TypeVar("ROW", bound=Model)


@dataclass(frozen=True, slots=True)
class BatchColumn:
    """A column: its header, and a name or a value that is always the same."""

    header: str
    field: str = ""
    value: str = ""

    @classmethod
    def of_settings(cls, rows: Iterable[Mapping[str, Any]]) -> "list[BatchColumn]":
        return [cls(str(row["header"]), str(row.get("field") or ""), str(row.get("value") or "")) for row in rows]


class Query(NamedTuple):
    """SQL and its parameters."""

    sql: str
    parameters: Sequence[Any]


def source_of(rows: QuerySet[ROW], *, position: str, lead: str = "lead_id", delivery: str = "delivery_id") -> Query:
    """Return the leads of a file in their order: a query of `position`, `lead_id` and `delivery_id` over frozen or pending rows.

    The arguments are the paths of these three. The delivery gives the event id, and may be null.
    """
    try:
        sql, parameters = rows.order_by().values_list(position, lead, delivery).query.sql_with_params()
    except EmptyResultSet:
        sql, parameters = "SELECT NULL::bigint, NULL::bigint, NULL::bigint WHERE false", ()
    return Query(f"SELECT * FROM ({sql}) AS chosen (position, lead_id, delivery_id)", parameters)


def offered_names(campaign: Campaign) -> list[str]:
    """Return the names that a column can have: fields of the campaign's leads, then the others."""
    return list(dict.fromkeys([*field_names(campaign), *NAMES]))


def header_of(columns: Sequence[BatchColumn]) -> list[str]:
    return [column.header for column in columns]


def select_rows(
    source: Query,
    columns: Sequence[BatchColumn],
    file_format: BatchFormat,
    *,
    zone: str,
    moment: datetime | None = None,
    limit: int | None = None,
    with_ids: bool = False,
) -> Query:
    """Return the query of the file's rows, in their order, with one text for each column.

    `moment` is that of the building, for the names of the current time. `with_ids` puts the ids of the leads before the columns.
    """
    if not columns:
        raise DomainError("The file has no columns.", field=FIELD)
    now = local_time(moment or timezone.now(), zone)
    texts = [_Expression(column, zone=zone, now=now) for column in columns]
    aliases = [f"c{number}" for number in range(len(texts))]
    joins = "".join(f" LEFT JOIN {_JOINS[join]}" for join in _JOINS if any(join in text.joins for text in texts))
    leads = f"({source.sql}) AS s JOIN leads_lead l ON l.id = s.lead_id{joins}"
    parameters = [value for text in texts for value in text.parameters] + list(source.parameters)
    cells = [text.sql for text in texts]
    if file_format.neutralises and file_format.kind != XLSX:
        # A neutralised text is named three times, so it is made once, below.
        made = ", ".join(f"{text.sql} AS {alias}" for text, alias in zip(texts, aliases, strict=True))
        leads = f"(SELECT s.position, s.lead_id, {made} FROM {leads} ORDER BY s.position) AS s"  # noqa: S608
        cells = [neutralised_sql(f"s.{alias}") for alias in aliases]
    shown = [f"{_cell(cell, file_format, alone=len(cells) == 1)} AS {alias}" for cell, alias in zip(cells, aliases, strict=True)]
    sql = f"SELECT {', '.join(['s.lead_id'] * with_ids + shown)} FROM {leads} ORDER BY s.position"  # noqa: S608
    return Query(sql, parameters) if limit is None else Query(f"{sql} LIMIT %s", [*parameters, limit])


def _cell(text: str, file_format: BatchFormat, *, alone: bool) -> str:
    """Return the SQL of a cell. PostgreSQL writes an empty text with quotation marks, and null as Python writes an empty text.

    A row of one empty cell keeps the marks, or it would be an empty line, which readers leave out.
    """
    is_quoted = alone or file_format.quotes_all or file_format.kind == XLSX
    return text if is_quoted else f"nullif({text}, '')"


class _Expression:
    """The SQL of a column's text, never null, with its parameters and the joins that it needs."""

    def __init__(self, column: BatchColumn, *, zone: str, now: str) -> None:
        self.parameters: list[Any] = []
        self.joins: tuple[str, ...] = ()
        name = column.field
        if not name:
            self.sql = self._parameter(column.value)
        elif name in CAPABILITIES:
            self.sql = self._named(name, zone, now)
        elif name in NAMES:
            conditions = " OR ".join(
                f"jsonb_exists(l.{values}, {self._parameter(name)})" for values in ("transformed", "captured", "enriched")
            )
            field = self._field(name)
            self.sql = f"CASE WHEN {conditions} THEN {field} ELSE {self._named(name, zone, now)} END"
        else:
            self.sql = self._field(name)

    def _parameter(self, value: str) -> str:
        self.parameters.append(value)
        return "%s::text"

    def _field(self, name: str) -> str:
        """Return the value of a field: what transforms made before what was captured, and both before what enrichment found."""
        texts = ", ".join(f"l.{values}->>{self._parameter(name)}" for values in _VALUES)
        return f"coalesce({texts}, '')"

    def _named(self, name: str, zone: str, now: str) -> str:
        if name in _CURRENT:
            return self._parameter(_CURRENT[name](now))
        if name in _CREATED:
            self.parameters.append(zone)
            return f"to_char(l.created_at AT TIME ZONE %s::text, '{_CREATED[name]}')"
        expression = _NAMED[name]
        self.joins = tuple(join for join in _JOINS if f"{join}." in expression)
        return expression


_VALUES = ("transformed", "captured", "enriched")
_CURRENT: Mapping[str, Callable[[str], str]] = {
    "currentDate": lambda now: now[:10],
    "currentDateTime": lambda now: now,
    "currentTime": lambda now: now[11:],
}
_CREATED = {"createdDate": "YYYY-MM-DD", "createdTs": "YYYY-MM-DD HH24:MI:SS"}
_STATUSES = " ".join(f"WHEN '{status.value}' THEN '{status.label}'" for status in CurrentStatus)
_NAMED = {
    "eventId": "coalesce(delivery.event_id, '')",
    "leadHash": "l.lead_hash",
    "emailDomain": "CASE WHEN strpos(l.email, '@') > 0 THEN '@' || split_part(l.email, '@', -1) ELSE '' END",
    "id": "l.id::text",
    "leadId": "l.id::text",
    "campaignId": "l.campaign_id::text",
    "publisherId": "coalesce(l.publisher_id::text, '')",
    "publisherSubId": "l.publisher_sub_id",
    "formId": "coalesce(l.form_id::text, '')",
    "linkId": "coalesce(l.link_id::text, '')",
    "ip": "coalesce(host(l.ip), '')",
    "host": "l.host",
    "landingPageUrl": "l.landing_page_url",
    "leadStatus": f"CASE l.current_status {_STATUSES} ELSE '' END",
    "publisherName": "coalesce(publisher.name, '')",
    "campaignPublisherId": "coalesce(contract.id::text, '')",
    "campaignFormId": "coalesce(placed.id::text, '')",
    "globalFormId": "coalesce(l.form_id::text, '')",
    "globalFormName": "coalesce(form.name, '')",
    "formHash": "coalesce(form.slug, '')",
    "channel": "coalesce(link.channel, '')",
}
_JOINS = {
    "delivery": "integrations_delivery delivery ON delivery.id = s.delivery_id",
    "publisher": "campaigns_publisher publisher ON publisher.id = l.publisher_id",
    "contract": "campaigns_campaignpublisher contract ON contract.campaign_id = l.campaign_id AND contract.publisher_id = l.publisher_id",
    "placed": "campaigns_campaignform placed ON placed.campaign_id = l.campaign_id AND placed.form_id = l.form_id",
    "form": "campaigns_form form ON form.id = l.form_id",
    "link": "campaigns_campaignlink link ON link.id = l.link_id",
}


class IncludeFieldForm(forms.Form):
    """A column of the file."""

    header = forms.CharField(max_length=LONGEST_HEADER, label="Column", validators=[validate_text])
    field = FieldNameField(required=False, label="Field of the lead")
    value = forms.CharField(required=False, max_length=1_000, label="Or always", validators=[validate_text])

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if self.errors:
            return values
        if not values["header"].isprintable():
            self.add_error("header", "The name of a column has no line breaks, and no signs that cannot be seen.")
        if bool(values["field"]) == bool(values["value"]):
            self.add_error("field", "Name a field of the lead, or a value that is always there.")
        return values


class IncludeFieldsField(RowsField):
    """The columns of the file, in their order."""

    def __init__(self) -> None:
        super().__init__(
            IncludeFieldForm, at_most=MOST_COLUMNS, of_fields=("header", "field"), required=False, initial=[], label="Include Fields",
            help_text="The columns in their order. A field may be one of the leads' forms, made by a value transform or by enrichment, "
            f"or one of these: {', '.join(NAMES)}.",
        )  # fmt: skip

    def validate(self, value: list[dict[str, Any]]) -> None:
        super().validate(value)
        headers = [row["header"].casefold() for row in value]
        if repeated := next((number for number, header in enumerate(headers, start=1) if header in headers[: number - 1]), None):
            text = f"Row {repeated}, Column: another column has the name “{value[repeated - 1]['header'][:40]}” already."
            raise forms.ValidationError(text, code=f"{repeated}-header")
