"""The settings of an outbound event, as its form and programs give them."""

from collections.abc import Mapping
from typing import Any

from django import forms

from campaigns.models import Campaign, Publisher
from config.core import http
from config.core.forms.layout import Fields, Section, SideBySide
from config.core.forms.page_form import PageForm
from config.core.models.names import validate_name
from integrations.delivery.payload import NAMES
from integrations.models import OutboundEvent
from integrations.outbound_events.headers import RESERVED
from integrations.outbound_events.request import placeholders_in
from processr.job_types.rows_field import RowsField
from processr.job_types.settings_fields import validate_text
from processr.jobs.http.address_template import parse_template
from processr.jobs.http.fields import AddressField
from processr.selectors import field_names

ALL = "All lead generators"
UNKNOWN = "The leads of this campaign have nothing named {{{name}}}. What can be named is listed below."
MOST_HEADERS = 20


class EventHeaderForm(forms.Form):
    """A header. Its value is a secret that is never shown again: left empty, it stays as it is."""

    name = forms.CharField(max_length=80, label="Header", validators=[validate_text])
    value = forms.CharField(
        required=False, max_length=1_000, label="Value", validators=[validate_text],
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if not self.errors and (values["name"].lower() in RESERVED or not http.is_header(values["name"], values["value"])):
            self.add_error("name", "This header cannot be sent, or is set by the call itself.")
        return values


class EventSettings(PageForm):
    """The form of an event. Programs give the same fields by name."""

    layout = Fields(
        "label",
        Section("When it is sent", "trigger", "publisher"),
        Section("The request", SideBySide("method"), "url", "headers"),
        "enabled",
    )

    label = forms.CharField(max_length=120, validators=[validate_text, validate_name])
    trigger = forms.ChoiceField(
        choices=OutboundEvent.Trigger.choices, initial=OutboundEvent.Trigger.VALID,
        help_text="Sent when a lead becomes it. Invalid is sent for leads that become tests too; Billable for those that are Valid "
        "and delivered, and that the advertiser pays.",
    )  # fmt: skip
    publisher = forms.TypedChoiceField(coerce=int, empty_value=None, required=False, label="Lead generator")
    method = forms.ChoiceField(
        choices=OutboundEvent.Method.choices, initial=OutboundEvent.Method.GET,
        help_text="GET has everything in the address. POST sends the ids and the status of the lead as JSON, as Standard Webhooks does.",
    )  # fmt: skip
    url = AddressField(
        max_length=2_000, label="Postback URL",
        help_text="With values of the lead in braces: https://api.example/postback?click={publisherSubId}. The host is always the same.",
    )  # fmt: skip
    headers = RowsField(
        EventHeaderForm, required=False, initial=[], at_most=MOST_HEADERS,
        help_text="Values are stored encrypted, and never shown again: left empty, a value stays as it is. They may have "
        "placeholders too.",
    )  # fmt: skip
    enabled = forms.BooleanField(
        required=False, initial=False, label="Switched on", help_text="While it is off, no lead sets it off, and what waits is kept."
    )

    def __init__(self, *args: Any, campaign: Campaign, event: OutboundEvent | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.campaign = campaign
        publisher = self.fields["publisher"]
        assert isinstance(publisher, forms.ChoiceField)
        publisher.choices = [("", ALL), *publishers_of(campaign, event).items()]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if not self.errors:
            known = {*NAMES, *field_names(self.campaign)}
            self._refuse_unknown("url", parse_template(cleaned["url"]).names, known)
            self._refuse_unknown("headers", placeholders_in(*(row["value"] for row in cleaned["headers"])), known)
        return cleaned

    def _refuse_unknown(self, field: str, names: tuple[str, ...], known: set[str]) -> None:
        if unknown := next((name for name in names if name not in known), None):
            self.add_error(field, UNKNOWN.format(name=unknown[:80]))


def publishers_of(campaign: Campaign, event: OutboundEvent | None = None) -> Mapping[int, str]:
    """Return the names of the publishers with a contract on the campaign, and of the one that the event has."""
    publishers = Publisher.objects.filter(contracts__campaign=campaign)
    if event and event.publisher_id:
        publishers |= Publisher.objects.filter(pk=event.publisher_id)
    return dict(publishers.order_by("name", "pk").distinct().values_list("pk", "name"))
