"""Tokens, credentials and idempotency keys for support staff. No secret is ever shown."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import action, register
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from config.core import audit
from config.core.actor import actor_of
from config.core.admin.pages import PAGE, EditableAdmin, ReadOnlyAdmin
from config.core.admin.site import site
from config.core.credentials import encryption
from config.core.models import AccessToken, Credential, IdempotencyKey, PasswordRequest


@register(AccessToken, site=site)
class AccessTokenAdmin(ReadOnlyAdmin):
    list_display = ("id", "user", "source", "ip", "created_at", "expires_at", "refreshed_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("id__exact", "user__username__exact")
    search_help_text = "Finds by id, or by the whole user name."
    fieldsets = (
        (None, {"fields": ("user", "source", "source_id", "client_id", "ip")}),
        ("Times", {"fields": ("created_at", "expires_at", "refresh_expires_at", "refreshed_at", "revoked_at")}),
    )
    actions = ("revoke",)

    @action(description="Revoke: the program must log in again")
    @transaction.atomic
    def revoke(self, request: HttpRequest, tokens: QuerySet[AccessToken]) -> None:
        rows = list(tokens.filter(revoked_at=None).order_by("pk").values_list("pk", "user_id"))
        ids = [pk for pk, _ in rows]
        AccessToken.objects.filter(pk__in=ids).update(revoked_at=timezone.now())
        if ids:
            after = {"tokens": ids, "users": sorted({user_id for _, user_id in rows})}
            audit.record(actor=actor_of(request), page=PAGE, action="access tokens revoked", after=after, severity="high")
        messages.success(request, f"{len(ids)} revoked.")


@register(PasswordRequest, site=site)
class PasswordRequestAdmin(ReadOnlyAdmin):
    """The queue of the letters for forgotten passwords."""

    list_display = ("id", "email", "ip", "at", "due_at", "attempts")
    search_fields = ("id__exact",)
    search_help_text = "Finds by id."
    fields = ("email", "ip", "at", "due_at", "attempts")


@register(IdempotencyKey, site=site)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    list_display = ("id", "principal", "key", "status", "at")
    search_fields = ("id__exact", "principal__exact")
    search_help_text = "Finds by id, or by the whole principal."
    fields = ("principal", "key", "status", "body", "at")


class CredentialAdminForm(forms.ModelForm):
    """Form of a credential. The secret can be set, but is never shown."""

    new_secret = forms.CharField(
        label="Secret", max_length=4000, strip=False, required=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Kept encrypted and never shown. Empty: what is stored stays.",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Require the secret again for a new address. Otherwise the stored secret could be sent to another host."""
        cleaned = super().clean() or {}
        new_address = self.instance.pk and cleaned.get("api_url", "") != self.initial.get("api_url", "")
        if not cleaned.get("new_secret") and (new_address or not self.instance.pk):
            self.add_error("new_secret", "A new address needs the secret again." if new_address else "A credential needs its secret.")
        return cleaned


@register(Credential, site=site)
class CredentialAdmin(EditableAdmin):
    severity = "high"
    form = CredentialAdminForm
    list_display = ("id", "name", "type", "entity", "api_url", "set_at", "set_by")
    list_select_related = ("set_by",)
    sortable_by = ("id", "name")
    search_fields = ("id__exact", "name__icontains", "api_url__icontains")
    search_help_text = "Finds by id, or by a part of name or address."
    fieldsets = (
        (None, {"fields": ("name", "type", "entity", "api_url", "client_id", "new_secret")}),
        ("Set", {"fields": ("address_prefix", "set_at", "set_by")}),
    )
    readonly_fields = ("address_prefix", "set_at", "set_by")

    def save_model(self, request: HttpRequest, obj: Credential, form: CredentialAdminForm, change: bool) -> None:
        if form.changed_data:
            obj.set_by_id = request.user.pk
        if form.cleaned_data.get("new_secret"):
            obj.secret = encryption.seal(form.cleaned_data["new_secret"])
        super().save_model(request, obj, form, change)

    def _columns(self, form: forms.Form) -> list[str]:
        columns = ["set_by", "set_at", *super()._columns(form)]
        return list(dict.fromkeys([*columns, "secret"] if form.cleaned_data.get("new_secret") else columns))
