"""The credential of a call: its choice in the settings, and the secret at the time of the call, since it may have been replaced."""

from collections.abc import Callable
from typing import Any

from django import forms

from config.core import http
from config.core.credentials.service import secret_of
from config.core.errors import DomainError
from config.core.ids import LARGEST_ID
from config.core.models import Credential
from processr.jobs.http import address_template
from processr.jobs.http.request import Secret


def credential_choices() -> list[tuple[Any, str]]:
    """Return the choices. It is called each time the form is shown."""
    return [("", "None"), *Credential.objects.filter(type="processrJob").values_list("pk", "name")]


class CredentialField(forms.IntegerField):
    """A choice of credential, kept as its id so that settings stay valid JSON."""

    def __init__(self, **options: Any) -> None:
        choices: Any = credential_choices
        super().__init__(**{"widget": forms.Select(choices=choices), "min_value": 1, "max_value": LARGEST_ID, **options})

    def clean(self, value: Any) -> int | None:
        number: int | None = super().clean(value)
        if number is not None and not Credential.objects.filter(pk=number, type="processrJob").exists():
            raise forms.ValidationError("This credential does not exist, or is not for jobs.")
        return number


def credential_problem(credential: Credential, *, url: str) -> str:
    """Return the reason why the credential may not be sent to the host of the URL, or an empty text.

    Without this check, a user who sets up a job could have any secret sent to a host of their own.
    """
    if not credential.api_url:
        return f"{credential.name} has no API URL: a secret is only sent to the host it is for. Set it in the Credential Manager."
    called, own = http.target_of(address_template.read(url).filled(lambda _: "x")), http.target_of(credential.api_url)
    return "" if called.origin == own.origin else f"{credential.name} is for {own.scheme}://{own.name}, and the address is another."


def load_secret(setting: Callable[[str], Any], *, job_credential: int | None) -> Secret | None:
    """Return the secret, or None if there should be one that is missing, may not be sent to this host, or cannot be decrypted.

    The credential of the job is used where its settings name none. This takes one query at most.
    """
    number = setting("credential") or job_credential
    if number is None:
        return Secret()
    credential = Credential.objects.filter(pk=number).first()
    if credential is None or credential_problem(credential, url=setting("url")):
        return None
    try:
        secret = secret_of(credential)
    except DomainError:
        return None
    return Secret(setting("credential_place"), setting("credential_name"), credential.client_id, secret)
