"""Lists of values that leads are checked against."""

from collections.abc import Sequence

from django.conf import settings
from django.db import models
from django.db.models import Q

from campaigns.models import Advertiser
from config.core.models import Run
from config.core.models.names import NameField


class ValidationList(models.Model):
    """A list of one advertiser, or of the system (without an advertiser), which serves all campaigns."""

    name = NameField(max_length=160)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.CASCADE, null=True, blank=True, related_name="validation_lists")
    private = models.BooleanField(default=False, help_text="Agency users see no values.")
    version = models.PositiveIntegerField(default=1)
    value_count = models.PositiveBigIntegerField(default=0)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["advertiser", "name"], nulls_distinct=False, name="validation_list_once")]

    def __str__(self) -> str:
        return self.name


class ValidationListValue(models.Model):
    list = models.ForeignKey(ValidationList, on_delete=models.CASCADE, related_name="values", db_index=False)
    value = models.CharField(max_length=500)
    telephone = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="The value in the form of telephone numbers, if it is one."
    )
    key = models.CharField(max_length=500, help_text="The value folded: trimmed, in small letters.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "key"], name="list_value_once")]
        indexes = [models.Index(fields=["list", "telephone"], condition=~Q(telephone=""), name="list_telephone")]

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


class ValueImport(Run):
    """The import of a file of values into a validation list or a suppression list. `position` is the number of bytes read."""

    class ValueTarget(models.TextChoices):
        LIST = "list", "Validation list"
        EMAIL = "email", "Suppressed e-mail addresses"
        NAME = "name", "Suppressed names"
        PHONE = "phone", "Suppressed telephone numbers"

    target = models.CharField(max_length=5, choices=ValueTarget.choices)
    list = models.ForeignKey(ValidationList, on_delete=models.CASCADE, null=True, related_name="imports")
    file = models.CharField(max_length=500)
    name = models.CharField(max_length=255, help_text="What the file was called where it came from.")
    added = models.PositiveBigIntegerField(default=0)
    repeated = models.PositiveBigIntegerField(default=0, help_text="Values that were there already.")
    refused_file_size = models.PositiveBigIntegerField(default=0, help_text="The valid bytes of the file of refused lines.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(target="list", list__isnull=False) | (~Q(target="list") & Q(list__isnull=True)),
                name="value_import_target",
            ),
        ]

    def __str__(self) -> str:
        return f"import of values {self.pk}"

    @property
    def messages(self) -> Sequence[str]:
        """Return the messages: why the import ended early, and which lines were refused."""
        return self.error.splitlines()
