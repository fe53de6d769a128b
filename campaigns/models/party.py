"""The parties (advertisers, agencies, publishers) and their users."""

from django.conf import settings
from django.db import models

from config.core.models.names import NameField


class Party(models.Model):
    name = NameField(max_length=160, unique=True)
    first_name = NameField(max_length=80, blank=True)
    last_name = NameField(max_length=80, blank=True)
    email = models.EmailField(blank=True)
    telephone = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=2, blank=True)
    url = models.URLField(blank=True)
    notes = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Advertiser(Party):
    account_manager = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    campaign_manager = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    autosign_contracts = models.BooleanField(default=False)
    publisher_terms = models.TextField(blank=True)
    visible_fields = models.JSONField(default=list, blank=True, help_text="Lead fields its users see unmasked.")


class Agency(Party):
    advertisers = models.ManyToManyField(Advertiser, related_name="agencies", blank=True)

    class Meta(Party.Meta):
        verbose_name_plural = "agencies"


class Publisher(Party):
    """A party that sends leads. Pages call it Lead Generator."""


class Membership(models.Model):
    """The party that a user works for: exactly one of the three."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, null=True, blank=True, related_name="memberships")
    advertiser = models.ForeignKey(Advertiser, on_delete=models.CASCADE, null=True, blank=True, related_name="memberships")
    publisher = models.ForeignKey(Publisher, on_delete=models.CASCADE, null=True, blank=True, related_name="memberships")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    models.Q(agency__isnull=False, advertiser__isnull=True, publisher__isnull=True)
                    | models.Q(agency__isnull=True, advertiser__isnull=False, publisher__isnull=True)
                    | models.Q(agency__isnull=True, advertiser__isnull=True, publisher__isnull=False)
                ),
                name="membership_of_one_party",
            ),
            models.UniqueConstraint(fields=["user", "agency", "advertiser", "publisher"], nulls_distinct=False, name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} for {self.agency or self.advertiser or self.publisher}"


class ApiKey(models.Model):
    """A publisher user's key. Only its SHA-256 is stored; the prefix identifies it on pages."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    publisher = models.ForeignKey(Publisher, on_delete=models.CASCADE, null=True, blank=True, related_name="api_keys")
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_on = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.prefix}…"
