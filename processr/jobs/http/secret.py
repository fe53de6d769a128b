"""The secret that goes along with a call, opened for it as it is now: it may have been replaced since the job was configured."""

from collections.abc import Callable
from typing import Any

from config.core.credentials.service import secret_of
from config.core.errors import DomainError
from config.core.models import Credential
from processr.jobs.http.request import Secret
from processr.jobs.http.settings import credential_problem


def opened(setting: Callable[[str], Any], *, held: int | None) -> Secret | None:
    """None where there is to be one, and it is gone, may not be sent there, or cannot be read. `held`: the credential of the job, where its
    settings name none. One query at most.
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
