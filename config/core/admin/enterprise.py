"""The enterprise and its currencies."""

import ipaddress
from decimal import Decimal

from django import forms
from django.contrib.admin import register
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from typing_extensions import override

from config.core import enterprise
from config.core.admin.pages import EditableAdmin
from config.core.admin.site import site
from config.core.api import throttle
from config.core.models import Currency, Enterprise

MOST_CALLS = 10_000_000
MOST_NETWORKS = 200


class EnterpriseAdminForm(forms.ModelForm):
    def clean_office_ips(self) -> list[str]:
        networks = self.cleaned_data["office_ips"] or []
        if not isinstance(networks, list) or len(networks) > MOST_NETWORKS or not all(isinstance(text, str) for text in networks):
            raise ValidationError('A list of addresses or networks: ["203.0.113.7", "198.51.100.0/24"]')
        for text in networks:
            try:
                ipaddress.ip_network(text)
            except ValueError as error:
                raise ValidationError(f"“{text[:60]}” is neither an address nor a network.") from error
        return networks

    def clean_limits(self) -> dict[str, int | None]:
        limits = self.cleaned_data["limits"] or {}
        if not isinstance(limits, dict) or not all(n is None or (type(n) is int and 1 <= n <= MOST_CALLS) for n in limits.values()):
            raise ValidationError('Calls in five minutes by the limit\'s name, null for none: {"all": 10000, "logins": null}')
        if unknown := set(limits) - set(throttle.CALLS):
            raise ValidationError(f"There is no limit “{min(unknown)[:60]}”, only {', '.join(throttle.CALLS)}.")
        return limits


@register(Enterprise, site=site)
class EnterpriseAdmin(EditableAdmin):
    """Admin of the enterprise. Zone and currency are read-only: existing tallies and prices depend on them."""

    may = frozenset({"change"})
    severity = "high"
    form = EnterpriseAdminForm
    list_display = ("id", "name", "zone", "currency")
    list_select_related = ("currency",)
    search_fields = ("name__icontains",)
    search_help_text = ""
    fieldsets = (
        (None, {"fields": ("name", "office_ips", "limits")}),
        ("Fixed", {"fields": ("zone", "currency"), "description": "Existing tallies and prices depend on these."}),
    )
    readonly_fields = ("zone", "currency")

    @override
    def after_change(self, obj: Model, names: set[str]) -> None:
        """Empty the cache of this process. Other processes reload the row within 30 seconds."""
        transaction.on_commit(enterprise.forget)


class CurrencyAdminForm(forms.ModelForm):
    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"].upper()
        if not (len(code) == 3 and code.isascii() and code.isalpha()):
            raise ValidationError("Three letters, as in ISO 4217.")
        return code

    def clean_rate_to_base(self) -> Decimal:
        rate: Decimal = self.cleaned_data["rate_to_base"]
        if rate <= 0:
            raise ValidationError("Must be greater than 0.")
        if self.instance.pk == enterprise.current().currency_id and rate != 1:
            raise ValidationError("This is the base currency: its rate is 1.")
        return rate


@register(Currency, site=site)
class CurrencyAdmin(EditableAdmin):
    """Admin of currencies. A new rate applies to leads that become billable from now on: price entries keep theirs."""

    severity = "high"
    form = CurrencyAdminForm
    set_once = ("code",)
    list_display = ("id", "code", "name", "symbol", "rate_to_base")
    sortable_by = ("id", "code", "name")
    search_fields = ("code__iexact", "name__icontains")
    search_help_text = "Finds by code, or by a part of the name."
    fields = ("code", "name", "symbol", "rate_to_base")
