"""Campaigns, their parties, forms and contracts."""

from campaigns.models.campaign import Campaign
from campaigns.models.contract import CampaignLink, CampaignPublisher
from campaigns.models.credential_owner import CredentialOwner
from campaigns.models.form import CampaignForm, Form, FormField
from campaigns.models.party import Advertiser, Agency, ApiKey, Membership, Publisher

__all__ = [
    "Advertiser",
    "Agency",
    "ApiKey",
    "Campaign",
    "CampaignForm",
    "CampaignLink",
    "CampaignPublisher",
    "CredentialOwner",
    "Form",
    "FormField",
    "Membership",
    "Publisher",
]
