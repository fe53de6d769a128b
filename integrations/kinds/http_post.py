"""HTTP Post: sends each lead to a URL, as a form or as JSON."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django import forms
from django.utils import timezone
from typing_extensions import override

from campaigns.models import Campaign
from config.core import http
from config.core.forms.layout import Fields, Section, ShownWhen, SideBySide
from integrations.base import Attempt, Integration, Outgoing
from integrations.delivery.payload import NAMES, read_value
from integrations.destinations.signing import Signer
from integrations.kinds.http_response import InvalidStatus, SuccessRule, parse_statuses
from processr.job_types.exchange import Exchange, NoAnswerKind
from processr.job_types.registry import job_types
from processr.job_types.rows_field import RowsField
from processr.job_types.settings_fields import validate_text
from processr.jobs.http import address_template
from processr.jobs.http.credentials import CredentialField, load_secret
from processr.jobs.http.expectation import AnswerPart, Expectation
from processr.jobs.http.fields import LinesField, PathField, TypedMappingForm
from processr.jobs.http.request import FORM, JSON, TEXT, NotOfType, RequestTemplate, Secret
from processr.jobs.http.retries import CONNECT, SIZE
from processr.jobs.http.settings import REQUEST, RequestSettings

METHODS = [("POST", "POST"), ("PUT", "PUT"), ("PATCH", "PATCH")]
SEND_AS = [(JSON, "JSON"), (FORM, "A form (urlencoded)")]
ANSWER_PARTS = [
    (AnswerPart.STATUS.value, "The status alone"),
    (AnswerPart.PATH.value, "The status, and a value in the JSON answer"),
    (AnswerPart.TEXT.value, "The status, and a text anywhere in the answer"),
]
WAIT, AGAIN = "wait", "again"
IN_DOUBT = [(WAIT, "Wait for a person"), (AGAIN, "Send it again with the same event id")]
EVENT_ID = "eventId"
NO_CREDENTIAL = "The credential is missing, or cannot be used for this address"
OTHER_ADDRESS = "With the values of this lead it would be another address"


class StatusCodesField(forms.CharField):
    def clean(self, value: Any) -> str:
        if isinstance(value, list | dict):
            raise forms.ValidationError("Give the statuses as one text, such as 200, 201.")
        try:
            return ", ".join(parse_statuses(super().clean(value)))
        except InvalidStatus as error:
            raise forms.ValidationError(str(error)) from error


class HttpPostSettings(RequestSettings):
    layout = Fields(
        REQUEST,
        Section("How it is sent", "event_header", SideBySide("seconds", "side_by_side")),
        Section(
            "Success",
            "statuses",
            "look_at",
            ShownWhen("look_at", AnswerPart.PATH.value, "path", demanded=True),
            ShownWhen("look_at", [AnswerPart.PATH.value, AnswerPart.TEXT.value], "passing", "failing"),
            "in_doubt",
        ),
    )

    method = forms.ChoiceField(choices=METHODS, initial="POST")
    send_as = forms.ChoiceField(choices=SEND_AS, initial=JSON, label="Body format")
    fields_sent = RowsField(
        TypedMappingForm, initial=[], of_fields=("name", "field"), label="What is sent",
        help_text="In JSON, contact.email is email in contact. A number or boolean that the lead does not have is null; a lead that has "
        "something else there is not sent, and waits for a person. A field may be one of the leads' forms, made by a value transform or by "
        f"enrichment, or one of these: {', '.join(NAMES)}.",
    )  # fmt: skip
    event_header = forms.CharField(
        required=False, initial="Idempotency-Key", max_length=80, label="The event id is sent in the header", validators=[validate_text],
        help_text="It is the same in every attempt at one delivery, so that the receiver can tell a repetition. Empty: in none.",
    )  # fmt: skip
    seconds = forms.IntegerField(min_value=1, max_value=45, initial=20, label="Timeout", help_text="Seconds for one lead.")
    side_by_side = forms.IntegerField(
        min_value=1, max_value=32, initial=4, label="Connections at a time", help_text="Number of leads sent to the receiver in parallel."
    )
    statuses = StatusCodesField(
        initial="2xx", max_length=200, label="Statuses that mean success",
        help_text="Such as 200, 201 or 2xx. After 408, 425, 429 and 5xx it is sent again later; after any other, a person is asked.",
    )  # fmt: skip
    look_at = forms.ChoiceField(choices=ANSWER_PARTS, initial=AnswerPart.STATUS.value, label="Success recognised by")
    path = PathField(
        required=False, initial="", max_length=200, label="Path of the value", help_text="Such as result.status or items[0].code."
    )
    passing = LinesField(
        required=False, initial=[], label="Value or text of success",
        help_text="One a line; any of them is enough. Case does not matter. Empty: every answer without what tells failure.",
    )  # fmt: skip
    failing = LinesField(
        required=False, initial=[], label="Value or text of failure", help_text="One a line. It wins where both are found."
    )
    in_doubt = forms.ChoiceField(
        choices=IN_DOUBT, initial=WAIT, label="If it is not known whether a lead arrived",
        help_text="The connection broke, or the time was over, after the lead had left. Send it again only if the receiver goes by the "
        "event id and drops what it has already: otherwise the lead may be there twice.",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for check in (self._check_headers, self._check_success, self._check_repetition, self._check_types):
            if not self.errors:
                check(cleaned)
        return cleaned

    def _check_headers(self, cleaned: dict[str, Any]) -> None:
        event_header = cleaned["event_header"]
        if event_header and not http.is_header(event_header, ""):
            self.add_error("event_header", "This header cannot be sent, or is set by the call itself.")
        names = [row["name"].lower() for row in cleaned["headers"]]
        secret = Secret(cleaned["credential_place"], cleaned["credential_name"]) if cleaned["credential"] else Secret()
        credential_names = [name.lower() for name in secret.headers]
        if repeated := next((name for name in names if names.count(name) > 1 or name in credential_names), None):
            self.add_error("headers", f"{repeated} would be sent twice.")
        if event_header and event_header.lower() in ["content-type", *names, *credential_names]:
            self.add_error("event_header", f"{event_header} is sent with something else already.")

    def _check_success(self, cleaned: dict[str, Any]) -> None:
        if cleaned["look_at"] == AnswerPart.STATUS:
            return
        if cleaned["look_at"] == AnswerPart.PATH and not cleaned["path"]:
            self.add_error("path", "Say where in the answer the value is.")
        passing, failing = ({text.casefold(): text for text in cleaned[name]} for name in ("passing", "failing"))
        if not passing and not failing:
            self.add_error("passing", "Say what tells success, or what tells failure.")
        if both := passing.keys() & failing.keys():
            self.add_error("failing", f"“{failing[min(both)][:40]}” cannot tell both success and failure.")

    def _check_types(self, cleaned: dict[str, Any]) -> None:
        row = next((row for row in cleaned["fields_sent"] if row["type"] != TEXT), None)
        if row and cleaned["send_as"] != JSON:
            self.add_error("fields_sent", f"A form holds texts alone: send JSON, or {row['name']} as text.")

    def _check_repetition(self, cleaned: dict[str, Any]) -> None:
        fields = {row["field"] for row in cleaned["fields_sent"]} | set(address_template.parse_template(cleaned["url"]).names)
        if cleaned["in_doubt"] == AGAIN and not cleaned["event_header"] and EVENT_ID not in fields:
            self.add_error("in_doubt", "The receiver is not told the event id, so it could not drop a repetition: send it in a header.")


@job_types.register
class HttpPost(Integration):
    key = "http_post"
    api_id = 9120
    label = "HTTP Post"
    description = "Sends each lead to an address of the advertiser's, as a form or as JSON."
    Settings = HttpPostSettings
    signs = True
    more_names = tuple(NAMES)
    """Names offered where a setting asks for a field of the lead."""

    def rule(self) -> str:
        """Return the rule with the host alone: for some URLs, whoever knows the rest can post to them."""
        url = self.setting("url")
        destination = f" to {address_template.parse_template(url).host.partition('://')[2]}" if url else ""
        body = "JSON" if self.setting("send_as") == JSON else "a form"
        return f"Sent{destination} by {self.setting('method')} as {body}"

    @classmethod
    def extra_settings(cls, campaign: Campaign) -> Mapping[str, forms.Field]:
        return {"credential": CredentialField(campaign=campaign)}

    @property
    def concurrency(self) -> int:
        return int(self.setting("side_by_side"))

    @property
    def safe_to_repeat(self) -> bool:
        return bool(self.setting("in_doubt") == AGAIN)

    @override
    def prepare_sending(self, outgoing: Sequence[Outgoing]) -> None:
        self.template = RequestTemplate({name: self.setting(name) for name in self.Settings.base_fields})
        campaign_id = int(next((item.meta["campaignId"] for item in outgoing if "campaignId" in item.meta), 0))
        self.secret = load_secret(self.setting, job_credential=self.job.credential_id, campaign_id=campaign_id)
        self.signer = Signer.of(self.destination) if self.destination else Signer.of_job(self.job.id)

    def unsendable(self, outgoing: Outgoing) -> str:
        if self.secret is None:
            return NO_CREDENTIAL
        address = self.template.address
        if empty := next((name for name in address.path_names if not read_value(outgoing, name)), None):
            return f"The address has {{{empty}}} in it, and the lead has nothing there"
        try:
            self.template.request(partial(read_value, outgoing), self.secret)
        except address_template.CannotBeAsked:
            return OTHER_ADDRESS
        except NotOfType as error:
            return str(error)
        return ""

    def send(self, outgoing: Outgoing) -> Exchange:
        if problem := self.unsendable(outgoing):
            return Exchange("", problem=problem, no_answer=NoAnswerKind.REFUSED)
        secret = self.secret or Secret()
        request = self.template.request(partial(read_value, outgoing), secret)
        event_header, seconds = self.setting("event_header"), float(self.setting("seconds"))
        headers = {**request.headers, event_header: outgoing.event_id} if event_header else request.headers
        body = request.body.encode(errors="replace")
        limits = http.Limits(connect=min(CONNECT, seconds), read=seconds, total=seconds, size=SIZE)
        try:
            answer = http.request(
                request.method,
                request.url,
                headers=self.signer.add_to(headers, message_id=outgoing.event_id, body=body, at=timezone.now()),
                body=body,
                limits=limits,
                secrets=(*secret.texts, *self.signer.secrets),
                once=True,
                within=request.within,
            )
        except http.NoAnswer as error:
            return Exchange.from_error(error)
        return Exchange.from_answer(answer)

    def classify(self, exchange: Exchange) -> Attempt:
        expected = Expectation(AnswerPart(self.setting("look_at")), self.setting("path"), self.setting("passing"), self.setting("failing"))
        return SuccessRule(parse_statuses(self.setting("statuses")), expected).classify(exchange)
