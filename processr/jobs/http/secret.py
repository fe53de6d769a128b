"""The secret that is sent with a call, decrypted at the time of the call, since it may have been replaced."""

from collections.abc import Callable
from typing import Any

from config.core.credentials.service import secret_of
from config.core.errors import DomainError
from config.core.models import Credential
from processr.jobs.http.request import Secret
from processr.jobs.http.settings import credential_problem


def opened(setting: Callable[[str], Any], *, held: int | None) -> Secret | None:
    """Return the secret, or None if there should be one that is missing, may not be sent to this host, or cannot be decrypted.

    `held` is the credential of the job, used where its settings name none. This takes one query at most.
    """
    number = setting("credential") or held
    if number is None:
        return Secret()
    stored = Credential.objects.filter(pk=number).first()
    if stored is None or credential_problem(stored, url=setting("url")):
        return None
    try:
        secret = secret_of(stored)
    except DomainError:
        return None
    return Secret(setting("credential_place"), setting("credential_name"), stored.client_id, secret)
