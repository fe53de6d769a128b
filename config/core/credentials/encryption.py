"""Secrets at rest: encrypted with the installation's field keys, of which the newest writes and all read."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def seal(text: str) -> bytes:
    return _keys().encrypt(text.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """Raises cryptography.fernet.InvalidToken when no key of the installation wrote it."""
    return _keys().decrypt(bytes(sealed)).decode()


def resealed(sealed: bytes | memoryview) -> bytes | None:
    """The same secret under the newest key; None when that one wrote it already. Raises InvalidToken as `unseal` does."""
    try:
        Fernet(settings.FIELD_KEYS[0]).decrypt(bytes(sealed))
    except InvalidToken:
        return _keys().rotate(bytes(sealed))
    return None


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])
