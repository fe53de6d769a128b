"""Logins out of the Credential Manager: a secret is sent to the server alone that its credential is for."""

from batches.targets.base import BatchTarget, Login
from config.core.credentials.service import secret_of
from config.core.errors import DomainError
from config.core.http import origin_of
from config.core.models import Credential


def credential_problem(credential: Credential, target: BatchTarget) -> str:
    """Return the reason why the credential may not be sent to the target's server, or an empty text.

    Without this check, a user who sets up a job could have any secret sent to a host of their own.
    """
    if target.origin is None:
        return f"{target.label} needs no credential."
    if not credential.client_id:
        return f"{credential.name} has no user name. Set it as the Client ID in the Credential Manager."
    if not credential.api_url:
        why = "a secret is only sent to the host it is for"
        return f"{credential.name} has no API URL: {why}. In the Credential Manager, set {target.origin}."
    if (own := origin_of(credential.api_url)) != target.origin:
        return f"{credential.name} is for {own}, and the server is {target.origin}."
    return ""


def load_login(credential: Credential, target: BatchTarget) -> Login:
    """Return the login as it is now. Raises DomainError if it may not be sent there, or cannot be decrypted."""
    if problem := credential_problem(credential, target):
        raise DomainError(problem, field="credential")
    return Login.from_secret(credential.client_id, secret_of(credential))
