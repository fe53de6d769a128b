"""The values of leads in API v4: lead-datas."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.accounts import roles
from config.core.api import hydra
from config.core.errors import DomainError
from config.core.ids import parse_id
from leads import privacy
from leads.api.lead_records import data_records, values_by_source
from leads.api.values.one_lead import OfOneLead
from leads.editing import service
from leads.editing.fields import VALUE
from leads.editing.service import SavedValue, ValueChanged
from leads.intake.validation import ONE_VALUE
from leads.models import Lead
from leads.privacy import viewing
from leads.privacy.tabs import TABS

_DIGITS = re.compile("0|[1-9][0-9]{0,18}")
_VALUE = {"type": ["string", "number", "boolean"], "description": "A text; numbers and true or false are kept as they are written."}


class RevisionField(hydra.IntegerField):
    """A whole number, or its digits: references take both too."""

    def to_internal_value(self, data: Any) -> int:
        return super().to_internal_value(int(data) if isinstance(data, str) and _DIGITS.fullmatch(data) else data)


class LeadDataSerializer(hydra.HydraSerializer):
    """A value of a lead: captured, transformed, enriched or derived. Its id is <lead>.<source>.<name>."""

    class Meta:
        type = "LeadData"
        address = "lead-datas"

    type = serializers.CharField(read_only=True, help_text="Always core.data.")
    lead = hydra.ReferenceField("leads", write_only=True)
    name = hydra.StringField()
    value = hydra.JsonField(schema=_VALUE, required=True)
    revision = RevisionField(
        required=False,
        min_value=0,
        help_text="In a body: the revision of the lead at which its values were read. In the answer: the present one.",
    )

    def to_internal_value(self, data: Any) -> hydra.JsonObject:
        if data.get(VALUE) == "":  # a value may be emptied, and `required` means that it is not forgotten
            self.fields[VALUE].required = False
        return super().to_internal_value(data)

    def record(self, row: hydra.JsonObject) -> hydra.JsonObject:
        return row


class LeadDataViewSet(OfOneLead):
    """The values of a lead, all on one page: captured, transformed, enriched and derived ones.

    Personal data are masked for roles that see the lead masked; publishers get what was captured. `sluice:revision` is that of the lead.
    """

    serializer_class = LeadDataSerializer
    roles = {**dict.fromkeys(("list", "retrieve"), roles.SEES_LEADS), "create": TABS["edit_data"].roles}
    lookup_value_regex = ".+?"
    examples = {"create": {"lead": "/api/v4/leads/1", "name": "company", "value": "Acme Ltd", "revision": 1}}
    refusals = {
        "create": {
            "409": "The lead cannot be edited as it stands, or its values have changed since `revision`: then the answer has the present "
            "`value`, `revision`, and who changed it when."
        }
    }
    noun = ("value of a lead", "values of a lead")

    def names_no_row(self, pks: Iterable[str]) -> bool:
        return False  # the ids of values are no numbers

    def records(self, lead: Lead) -> Iterator[hydra.JsonObject]:
        who = self.request.user
        return data_records(lead, who, values_by_source(lead, who))

    @extend_schema(parameters=[OpenApiParameter("id", str, OpenApiParameter.PATH, description="<lead>.<source>.<name>")])
    def retrieve(self, request: Request, pk: str) -> Response:
        lead_id, _, rest = pk.partition(".")
        source, _, name = rest.partition(".")
        try:
            lead = self.lead_seen(parse_id(lead_id))
        except ValueError as error:
            raise Http404 from error
        for record in self.records(lead):
            if record["name"] == name and f"/{lead.pk}.{source}." in record["@id"]:
                viewing.record_view(self.request.user, lead, actor=self.actor)
                return Response(record)
        raise Http404

    @extend_schema(responses={200: LeadDataSerializer, 201: LeadDataSerializer})
    def create(self, request: Request) -> Response:
        """Save a value of a lead.

        201 for a field that the lead did not have, else 200, also where the value is as it was. A name in another case is that
        field. The value follows the rules of the lead's form. `revision` is old if any captured value has changed since; without it
        the value is saved over what is there. The lead is not processed again by itself.
        """
        values = self.validated()
        lead = self.lead_seen(values["lead"])
        if isinstance(values[VALUE], list | dict):
            raise DomainError(ONE_VALUE, field=VALUE)
        revision = values.get("revision")
        if revision is not None and revision > lead.revision:
            raise DomainError(f"The lead has not come to this revision: it is at {lead.revision}.", field="revision")
        as_read = None if revision is None else service.unchanged_since(revision)
        try:
            saved = service.save_value(lead, values["name"], values[VALUE], actor=self.actor, if_as_read=as_read)
        except ValueChanged as refusal:
            raise self._conflict(refusal) from refusal
        record = self._record(saved)
        return Response(record, status=201 if saved.is_new else 200, headers={"Location": record["@id"]} if saved.is_new else {})

    def _record(self, saved: SavedValue) -> hydra.JsonObject:
        return {**_captured(saved.lead, self.request.user, saved.field.name), "revision": saved.lead.revision}

    def _conflict(self, refusal: ValueChanged) -> hydra.HydraError:
        who, lead, name = self.request.user, refusal.lead, refusal.present.name
        change = service.last_change_of(lead, name)
        told = {"changedBy": privacy.person_for(who, change.by), "changedTs": change.at.isoformat(timespec="seconds")} if change else {}
        message = "Values of the lead were changed after this revision: look at the present one, and send the value with its revision."
        members = {"name": name, "value": refusal.present.value, "revision": lead.revision, **told}
        return hydra.HydraError([("revision", message)], status=409, members=members)


def _captured(lead: Lead, who: Any, name: str) -> hydra.JsonObject:
    values = {"captured": privacy.shown_values(who, lead, {name: lead.captured[name]})}
    return next(record for record in data_records(lead, who, values) if f"/{lead.pk}.captured." in record["@id"])
