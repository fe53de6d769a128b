"""Credentials for other systems: they are set, changed and removed here, and only code that calls those systems decrypts them."""

from typing import Any

from cryptography.fernet import InvalidToken
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.utils import timezone

from config.core import audit, http
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.credentials import encryption
from config.core.errors import DomainError
from config.core.models import Credential, User
from config.core.pg_text import is_storable

PAGE = "Credential Manager"
MANAGERS = frozenset({roles.ADMIN})
"""The roles of the Credential Manager (decision 32)."""
TYPES = {"processrJob": "Processr job", "connectedAppType": "Connected app"}
_ADDRESSES = frozenset({"api_url", "address_prefix"})
LONGEST_SECRET = 4_000
LONGEST_ADDRESS = 200
SHOWN = 5
_AUDITED = ("name", "type", "entity", "client_id", "api_url", "address_prefix")


def credentials_for(user: User | AnonymousUser) -> QuerySet[Credential]:
    return Credential.objects.all() if getattr(user, "role", "") in MANAGERS else Credential.objects.none()


@transaction.atomic
def set_credential(
    name: str,
    *,
    actor: Actor,
    secret: str,
    type: str = "processrJob",
    entity: str = "",
    client_id: str = "",
    api_url: str = "",
    address_prefix: str = "",
) -> Credential:
    """Create a credential."""
    if not secret:
        raise DomainError("A credential needs its secret.", field="secret")
    credential = Credential(
        type=type, entity=entity, client_id=client_id, secret=encryption.seal(_check_text(secret)), set_by_id=actor.user_id
    )
    credential.name, credential.api_url, credential.address_prefix = (
        name,
        _check_address(api_url),
        _check_address(address_prefix, field="address_prefix"),
    )
    _check(credential)
    credential.save(force_insert=True)
    _record(credential, "credential set", actor, after=_audited_values(credential) | {"secret": "•••"})
    return credential


@transaction.atomic
def change_credential(credential_id: int, *, actor: Actor, secret: str = "", **changes: str) -> Credential:
    """Change a credential.

    Without `secret` the stored one stays, except that a new address needs the secret again: otherwise the stored secret
    could be sent to another host.
    """
    credential = Credential.objects.select_for_update(no_key=True).get(pk=credential_id)
    before = _audited_values(credential)
    for column, value in changes.items():
        setattr(credential, column, _check_address(value, field=column) if column in _ADDRESSES else value)
    after = _audited_values(credential)
    if after["api_url"] != before["api_url"] and not secret:
        raise DomainError("Type the secret again: it will be sent to another address.", field="secret")
    changed = [column for column in _AUDITED if before[column] != after[column]]
    if not changed and not secret:
        return credential
    _check(credential)
    columns = [*changed, "set_by_id"]
    credential.set_by_id = actor.user_id
    if secret:
        credential.secret, credential.set_at = encryption.seal(_check_text(secret)), timezone.now()
        columns += ["secret", "set_at"]
    credential.save(update_fields=columns)
    audited = {column: after[column] for column in changed} | ({"secret": "•••"} if secret else {})
    _record(credential, "credential changed", actor, before={column: before[column] for column in changed}, after=audited)
    return credential


@transaction.atomic
def remove_credential(credential_id: int, *, actor: Actor) -> None:
    """Delete a credential. Refused while something uses it, with the names of the users."""
    credential = Credential.objects.select_for_update().get(pk=credential_id)
    before, removed = _audited_values(credential), Credential(pk=credential.pk)
    try:
        with transaction.atomic():
            credential.delete()
    except ProtectedError as error:
        users = sorted(error.protected_objects, key=lambda user: user.pk)
        names = ", ".join(f"{user._meta.verbose_name} {user.pk} “{user}”" for user in users[:SHOWN])
        more = f" and {len(users) - SHOWN} more" if len(users) > SHOWN else ""
        raise DomainError(f"It is used by {names}{more}. Choose another credential there first.", status=409) from error
    _record(removed, "credential removed", actor, before=before)


def secret_of(credential: Credential) -> str:
    """Return the decrypted secret, for a call to the other system only, never for a page."""
    try:
        return encryption.unseal(credential.secret)
    except InvalidToken as error:
        raise DomainError(f"The secret of {credential.name} was written by a key this installation no longer has. Set it again.") from error


def _check(credential: Credential) -> None:
    if credential.type not in TYPES:
        raise DomainError("There is no such kind of credential.", field="type")
    for column in _AUDITED:
        _check_text(getattr(credential, column), field=column)
    if credential.address_prefix:
        _check_prefix(credential)
    try:
        credential.full_clean(exclude=["secret", "set_by", "set_at", "api_url"])
    except ValidationError as error:
        field, (problem, *_) = next(iter(error.error_dict.items()))
        name_taken = field == "name" and problem.code == "unique"
        raise DomainError("Another credential has this name." if name_taken else str(problem.messages[0]), field=field) from error


def _check_text(text: str, *, field: str = "secret") -> str:
    if not is_storable(text):
        raise DomainError("This contains characters that are not text.", field=field)
    if field == "secret" and len(text) > LONGEST_SECRET:
        raise DomainError(f"A secret has at most {LONGEST_SECRET:,} characters.", field=field)
    return text


def _check_address(text: str, *, field: str = "api_url") -> str:
    """Check the URL. Django's own validator would refuse intranet hosts, which have no dots."""
    if len(text) > LONGEST_ADDRESS:
        raise DomainError(f"An address has at most {LONGEST_ADDRESS} characters.", field=field)
    try:
        if text:
            (http.origin_of if field == "api_url" else http.target_of)(text)
    except http.AddressRefused as refusal:
        raise DomainError(refusal.message, field=field) from refusal
    return text


def _check_prefix(credential: Credential) -> None:
    prefix = http.target_of(credential.address_prefix)
    if not credential.api_url or prefix.origin != http.origin_of(credential.api_url):
        raise DomainError("It must be on the host of the API URL.", field="address_prefix")
    if set("?#") & set(credential.address_prefix) or not http.is_below(prefix, prefix):
        raise DomainError("Write a plain path, without ?, #, dots, or signs written as %2f.", field="address_prefix")


def _audited_values(credential: Credential) -> dict[str, str]:
    return {column: getattr(credential, column) for column in _AUDITED}


def _record(credential: Credential, action: str, actor: Actor, **values: Any) -> None:
    audit.record(actor=actor, page=PAGE, action=action, obj=credential, severity="high", **values)
