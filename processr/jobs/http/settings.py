"""The settings of jobs that send something by HTTP."""

from typing import Any

from django import forms

from config.core import http
from config.core.forms.layout import ANY, Fields, Section, ShownWhen, SideBySide
from config.core.models import Credential
from processr.job_types.rows_field import RowsField
from processr.job_types.settings_fields import JobSettings, validate_text
from processr.jobs.http import request
from processr.jobs.http.credentials import CredentialField, credential_problem
from processr.jobs.http.fields import AddressField, HeaderForm, MappingForm

METHODS = [("GET", "GET"), ("POST", "POST"), ("PUT", "PUT")]
SEND_AS = [(request.QUERY, "In the address, after ?"), (request.FORM, "As a form (urlencoded)"), (request.JSON, "As JSON")]
PLACES = [
    (request.BEARER, "Authorization: Bearer"),
    (request.BASIC, "Authorization: Basic, with the Client ID as user name"),
    (request.HEADER, "In a header of this name"),
    (request.PARAMETER, "In the address, as a parameter of this name"),
]

NAMED_PLACE = ShownWhen("credential_place", [request.HEADER, request.PARAMETER], "credential_name", demanded=True)
CREDENTIAL = ShownWhen("credential", ANY, "credential_place", NAMED_PLACE)
WITH_BODY = ShownWhen("method", ["POST", "PUT", "PATCH"], "send_as")
"""With GET everything is sent in the address, whatever is set here."""
REQUEST = Section("The request", "method", "url", WITH_BODY, "fields_sent", "headers", "credential", CREDENTIAL)
CALL_LIMITS = Section("Limits of the call", SideBySide("seconds", "tries"), SideBySide("side_by_side", "keep_minutes"))


class RequestSettings(JobSettings):
    """The settings of any job that sends something about a lead by HTTP: the URL, the format and the credential."""

    layout = Fields(REQUEST)

    method = forms.ChoiceField(choices=METHODS, initial="GET")
    url = AddressField(
        max_length=2_000, label="Address",
        help_text="With fields of the lead in braces: https://api.example/check/{email}?phone={telephone}. The host is always the same.",
    )  # fmt: skip
    send_as = forms.ChoiceField(choices=SEND_AS, initial=request.QUERY, label="Send what is below")
    fields_sent = RowsField(
        MappingForm, required=False, initial=[], at_most=50, of_fields=("name", "field"), label="What is sent",
        help_text="In JSON, contact.email is email in contact.",
    )  # fmt: skip
    headers = RowsField(
        HeaderForm, required=False, initial=[], at_most=20, label="Headers", help_text="Without keys: those belong into a credential."
    )
    credential = CredentialField()
    credential_place = forms.ChoiceField(choices=PLACES, initial=request.BEARER, label="The credential is sent")
    credential_name = forms.CharField(
        required=False, initial="", max_length=80, label="Name of the header or parameter", validators=[validate_text]
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not self.errors:
            self._check_format(values)
        if not self.errors and values["credential"] is not None:
            self._check_credential(values)
        return values

    def _check_format(self, values: dict[str, Any]) -> None:
        if values["method"] != "GET" and values["send_as"] == request.JSON:
            try:
                request.nested([(row["name"], "") for row in values["fields_sent"]])
            except KeyError as error:
                self.add_error("fields_sent", f"{error.args[0]} is there twice, or is both a value and holds others.")

    def _check_credential(self, values: dict[str, Any]) -> None:
        name, place = values["credential_name"], values["credential_place"]
        if place in {request.HEADER, request.PARAMETER} and not name:
            self.add_error("credential_name", "Name the header or the parameter.")
        elif place == request.HEADER and not http.is_header(name, ""):
            self.add_error("credential_name", "This header cannot be sent, or is set by the call itself.")
        if problem := credential_problem(Credential.objects.get(pk=values["credential"]), url=values["url"]):
            self.add_error("credential", problem)


class CallSettings(RequestSettings):
    """The settings of jobs that call a provider for an answer."""

    layout = Fields(REQUEST, CALL_LIMITS)

    seconds = forms.IntegerField(
        min_value=1,
        max_value=30,
        initial=10,
        label="Timeout",
        help_text="Seconds for one lead, all tries together.",
    )
    tries = forms.IntegerField(min_value=1, max_value=5, initial=2, help_text="When it cannot be reached, fails (5xx) or is busy (429).")
    side_by_side = forms.IntegerField(
        min_value=1, max_value=16, initial=8, label="Leads at a time", help_text="Number of parallel calls to the provider."
    )
    keep_minutes = forms.IntegerField(
        min_value=0, max_value=1_440, initial=10, label="Minutes an answer is good for",
        help_text="The same request is not sent again within this time. 0: always send it.",
    )  # fmt: skip
