"""The Credential Manager: it lists which credentials are set and since when, but never shows a secret."""

from datetime import datetime
from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.contrib import messages
from django.contrib.postgres.aggregates import StringAgg
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from campaigns.credentials import scope
from campaigns.models import Advertiser
from config.core.accounts.permissions import role_required
from config.core.actor import actor_of
from config.core.credentials import service
from config.core.errors import DomainError
from config.core.forms.layout import Fields, ShownWhen
from config.core.forms.page_form import PageForm
from config.core.lists import times
from config.core.lists.filters import ListFilterSet
from config.core.lists.markup import markup
from config.core.lists.page import ListPage
from config.core.lists.tables import ListTable, TextColumn, TimeColumn
from config.core.models import Credential


def set_on(moment: datetime) -> SafeString:
    """Return “set on 3 Nov”, with the time instead of the day for today."""
    today = timezone.localtime(moment).date() == timezone.localdate()
    return markup("set {} {}", "at" if today else "on", times.tag(moment))


class CredentialTable(ListTable):
    key = "credentials"
    sorts = {"name": "name"}
    default_sort = "name"
    cards = ("name", "type", "api_url", "set_at")
    caption = "Credentials"

    name = TextColumn(linkify=("credential", {"pk": tables.A("pk")}))
    type = TextColumn()
    entity = TextColumn(default="—")
    client_id = TextColumn(verbose_name="Client ID", default="—")
    api_url = TextColumn(verbose_name="API URL", default="—")
    set_at = TimeColumn(verbose_name="Secret")
    belongs_to = TextColumn(accessor="owner_names", verbose_name="Belongs to", default="The enterprise")

    def render_type(self, value: str) -> str:
        return service.TYPES.get(value, value)

    def render_set_at(self, value: Any) -> SafeString:
        return set_on(value)


class CredentialFilters(ListFilterSet):
    name = django_filters.CharFilter(lookup_expr="icontains", label="Name", max_length=120)
    type = django_filters.ChoiceFilter(choices=list(service.TYPES.items()), label="Type", empty_label="Any")


class CredentialsList(ListPage):
    roles = service.MANAGERS
    table_class, filterset_class = CredentialTable, CredentialFilters
    title, noun, icon = "Credentials", ("credential", "credentials"), "key"
    empty_text = "Keys of the systems that jobs ask and leads are sent to are kept here: encrypted, and never shown again."
    template_name = "campaigns/credentials.html"

    def rows(self) -> QuerySet[Credential]:
        owners = StringAgg("owners__advertiser__name", delimiter=", ", order_by="owners__advertiser__name")
        return service.credentials_for(self.request.user).annotate(owner_names=owners)


ENTERPRISE, NAMED = "enterprise", "advertisers"
UNSAID = {"owner", "advertisers"}
OWNERS = [(ENTERPRISE, "The enterprise: jobs of every campaign may use it"), (NAMED, "Advertisers that are named")]


class CredentialForm(PageForm):
    layout = Fields(
        "name", "type", "entity", "client_id", "api_url", "address_prefix", "owner",
        ShownWhen("owner", NAMED, "advertisers", demanded=True), "secret",
    )  # fmt: skip

    name = forms.CharField(max_length=120, help_text="Those who set up jobs choose it by this name.")
    type = forms.ChoiceField(choices=list(service.TYPES.items()))
    entity = forms.CharField(required=False, max_length=80, help_text="The job or the app it is for.")
    client_id = forms.CharField(required=False, max_length=255, label="Client ID", help_text="Or the user name, if there is one.")
    api_url = forms.CharField(
        required=False, max_length=service.LONGEST_ADDRESS, label="API URL",
        help_text="Jobs send the secret to this host only, and none without an address. A file server as sftp://files.example, ftps:// or ftp://.",
    )  # fmt: skip
    address_prefix = forms.CharField(
        required=False, max_length=service.LONGEST_ADDRESS, label="Only addresses below",
        help_text="Such as https://api.example.com/v1: the secret is sent to this path and what is below it. Empty: to the whole host.",
    )  # fmt: skip
    owner = forms.ChoiceField(required=False, choices=OWNERS, initial=ENTERPRISE, label="Belongs to")
    advertisers = forms.ModelMultipleChoiceField(
        Advertiser.objects.order_by("name"),
        required=False,
        help_text="It is offered to jobs on their campaigns alone.",
    )
    secret = forms.CharField(
        max_length=service.LONGEST_SECRET, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="A password, a key, or the whole private key for SFTP. Kept encrypted and never shown.",
    )  # fmt: skip

    def __init__(self, *args: Any, stored: Credential | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "off"
        if stored is not None:
            self.fields["secret"].required = False
            self.fields["secret"].label = "New secret"
            self.fields["secret"].help_text = markup("One is {}. Left empty, it stays.", set_on(stored.set_at))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("owner") == NAMED and not cleaned.get("advertisers"):
            self.add_error("advertisers", "Name at least one advertiser.")
        return cleaned

    @property
    def values(self) -> dict[str, str]:
        return {name: value for name, value in self.cleaned_data.items() if name not in ("owner", "advertisers")}

    @property
    def owners(self) -> list[int] | None:
        """The advertisers that the credential belongs to, or None where nothing was said about it, and it stays as it is."""
        if self.cleaned_data["owner"] == NAMED:
            return [advertiser.pk for advertiser in self.cleaned_data["advertisers"]]
        return [] if self.cleaned_data["owner"] == ENTERPRISE else None


@require_http_methods(["GET", "POST"])
@role_required(service.MANAGERS)
def credential_create(request: HttpRequest) -> HttpResponse:
    form = CredentialForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                credential = service.set_credential(**form.values, actor=actor_of(request))
                scope.set_owners(credential, form.owners or [], actor=actor_of(request))
        except DomainError as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, f"{credential.name} is set. Jobs can use it from now on.")
            return redirect("credentials")
    return render(request, "campaigns/credential.html", {"form": form})


@require_http_methods(["GET", "POST"])
@role_required(service.MANAGERS)
def credential_update(request: HttpRequest, pk: int) -> HttpResponse:
    stored = _credential_or_404(request, pk)
    values = {name: getattr(stored, name) for name in ("name", "type", "entity", "client_id", "api_url", "address_prefix")}
    owners = scope.owners_of(stored)
    form = CredentialForm(
        request.POST or None, stored=stored, initial={**values, "owner": NAMED if owners else ENTERPRISE, "advertisers": owners}
    )
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                service.change_credential(stored.pk, **form.values, actor=actor_of(request))
                if form.owners is not None:
                    scope.set_owners(stored, form.owners, actor=actor_of(request))
        except DomainError as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, _change_message(form))
            return redirect("credentials")
    return render(request, "campaigns/credential.html", {"form": form, "credential": stored})


@require_http_methods(["GET", "POST"])
@role_required(service.MANAGERS)
def credential_delete(request: HttpRequest, pk: int) -> HttpResponse:
    stored, refused = _credential_or_404(request, pk), ""
    if request.method == "POST":
        try:
            service.remove_credential(stored.pk, actor=actor_of(request))
        except DomainError as refusal:
            refused = refusal.message
        else:
            messages.success(request, f"{stored.name} is deleted, and its secret with it.")
            return redirect("credentials")
    return render(
        request,
        "campaigns/credential_delete.html",
        {"credential": stored, "refused": refused, "set_on": set_on(stored.set_at)},
        status=409 if refused else 200,
    )


def _credential_or_404(request: HttpRequest, pk: int) -> Credential:
    return get_object_or_404(service.credentials_for(request.user), pk=pk)


def _change_message(form: CredentialForm) -> str:
    name = form.cleaned_data["name"]
    if not set(form.changed_data) - (UNSAID if form.owners is None else set()):
        return f"Nothing was changed on {name}."
    return f"{name} is saved with its new secret." if form.cleaned_data["secret"] else f"{name} is saved; its secret stays as it was."
