"""The advertisers that a credential belongs to."""

from django.db import models

from campaigns.models.party import Advertiser
from config.core.models import Credential


class CredentialOwner(models.Model):
    """An advertiser whose campaigns may use the credential. A credential without any is the enterprise's, for every campaign.

    The advertiser cannot be deleted meanwhile: with its last owner gone, the credential would be everybody's.
    """

    credential = models.ForeignKey(Credential, on_delete=models.CASCADE, related_name="owners")
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="owned_credentials")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["credential", "advertiser"], name="credential_owner_once")]

    def __str__(self) -> str:
        return f"{self.credential} of {self.advertiser}"
