from django.conf import settings
from django.db import models

from config.core.models.names import NameField


class Credential(models.Model):
    """A secret for another system; encrypted with the installation's field keys, never shown again."""

    name = NameField(max_length=120, unique=True)
    type = models.CharField(max_length=40, default="processrJob")
    entity = models.CharField(max_length=80, blank=True)
    client_id = models.CharField(max_length=255, blank=True)
    secret = models.BinaryField(editable=False)
    api_url = models.URLField(blank=True)
    address_prefix = models.CharField(max_length=200, blank=True, help_text="The secret is sent to addresses below this one only.")
    set_at = models.DateTimeField(auto_now=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
