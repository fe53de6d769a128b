"""Values leads are checked against."""

from django.db import models

from campaigns.models import Advertiser


class ValidationList(models.Model):
    """At system level (no advertiser: all campaigns) or of one advertiser."""

    name = models.CharField(max_length=160)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.CASCADE, null=True, blank=True, related_name="validation_lists")
    private = models.BooleanField(default=False, help_text="Agency users see no values.")
    version = models.PositiveIntegerField(default=1)
    value_count = models.PositiveBigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["advertiser", "name"], nulls_distinct=False, name="validation_list_once")]

    def __str__(self) -> str:
        return self.name


class ValidationListValue(models.Model):
    list = models.ForeignKey(ValidationList, on_delete=models.CASCADE, related_name="values", db_index=False)
    value = models.CharField(max_length=500)
    key = models.CharField(max_length=500, help_text="The value folded: trimmed, in small letters.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "key"], name="list_value_once")]

    def __str__(self) -> str:
        return self.value


class SuppressedEmail(models.Model):
    email = models.CharField(max_length=320, unique=True)
    added_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.email


class SuppressedName(models.Model):
    first_name = models.CharField(max_length=100)
    last_name = models.CharField(max_length=100)
    name_key = models.CharField(max_length=200, unique=True)
    added_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"


class SuppressedPhone(models.Model):
    phone = models.CharField(max_length=40, unique=True)
    added_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.phone
