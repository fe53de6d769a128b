"""The one enterprise of an installation, and its currencies."""

from django.db import models

from config.core.models.names import NameField


class Currency(models.Model):
    code = models.CharField(max_length=3, unique=True)
    name = models.CharField(max_length=60)
    symbol = models.CharField(max_length=4)
    rate_to_base = models.DecimalField(max_digits=18, decimal_places=8, default=1, help_text="What one unit is worth in the base currency.")

    class Meta:
        verbose_name_plural = "currencies"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class Enterprise(models.Model):
    """The enterprise. A constraint allows only one row."""

    one = models.BooleanField(default=True, unique=True, editable=False)
    name = NameField(max_length=120)
    zone = models.CharField("time zone", max_length=64, default="UTC", help_text="Day boundaries and schedules follow this zone.")
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    office_ips = models.JSONField(default=list, blank=True, help_text="Addresses or networks of the operator's own offices.")
    limits = models.JSONField(default=dict, blank=True, help_text="Rate limits that differ from the defaults.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(one=True), name="enterprise_only_one")]

    def __str__(self) -> str:
        return self.name
