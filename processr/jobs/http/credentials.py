"""The credential of a call: its choice in the settings, and the secret at the time of the call, since it may have been replaced."""

from collections.abc import Callable
from typing import Any

from django import forms

from campaigns.credentials.scope import credentials_of_campaign
from campaigns.models import Campaign
from config.core import http
from config.core.credentials.service import secret_of
from config.core.errors import DomainError
from config.core.ids import LARGEST_ID
from config.core.models import Credential
from processr.jobs.http import address_template
from processr.jobs.http.request import Secret

NO_CAMPAIGN = 0
NOT_HERE = "This credential does not exist, or is not for jobs of this campaign. Admin sets in the Credential Manager whose it is."


class CredentialField(forms.IntegerField):
    """A choice of the credentials that the campaign may use, kept as its id so that settings stay valid JSON.

    The declared setting, which has no campaign, offers those of the enterprise.
    """

    def __init__(self, *, campaign: Campaign | None = None) -> None:
        self.usable = credentials_of_campaign(campaign.pk if campaign else NO_CAMPAIGN).filter(type="processrJob")
        choices: Any = self.choices
        super().__init__(
            widget=forms.Select(choices=choices), min_value=1, max_value=LARGEST_ID, required=False, initial=None,
            help_text="From the Credential Manager. It is sent only to the host of its API URL, and below the address it is limited to.",
        )  # fmt: skip

    def choices(self) -> list[tuple[Any, str]]:
        """Return the choices. It is called each time the form is shown."""
        return [("", "None"), *self.usable.values_list("pk", "name")]

    def clean(self, value: Any) -> int | None:
        number: int | None = super().clean(value)
        if number is not None and not self.usable.filter(pk=number).exists():
            raise forms.ValidationError(NOT_HERE)
        return number


def credential_problem(credential: Credential, *, url: str) -> str:
    """Return the reason why the credential may not be sent to the host of the URL, or an empty text.

    Without this check, a user who sets up a job could have any secret sent to a host of their own.
    """
    if not credential.api_url:
        return f"{credential.name} has no API URL: a secret is only sent to the host it is for. Set it in the Credential Manager."
    called, own = http.target_of(address_template.parse_template(url).filled(lambda _: "x")), http.origin_of(credential.api_url)
    if called.origin != own:
        return f"{credential.name} is for {own}, and the address is another."
    if credential.address_prefix and not http.is_below(called, http.target_of(credential.address_prefix)):
        return f"{credential.name} is limited to addresses below {credential.address_prefix}, and the address is another."
    return ""


def load_secret(setting: Callable[[str], Any], *, job_credential: int | None, campaign_id: int) -> Secret | None:
    """Return the secret, or None if there should be one that is missing or another advertiser's, may not be sent to this address, or
    cannot be decrypted.

    The credential of the job is used where its settings name none. This takes one query at most.
    """
    number = setting("credential") or job_credential
    if number is None:
        return Secret()
    credential = credentials_of_campaign(campaign_id).filter(pk=number).first()
    if credential is None or credential_problem(credential, url=setting("url")):
        return None
    try:
        secret = secret_of(credential)
    except DomainError:
        return None
    return Secret(setting("credential_place"), setting("credential_name"), credential.client_id, secret, credential.address_prefix)
