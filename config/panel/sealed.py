"""Secrets at rest: encrypted with the installation's field keys, of which the newest writes and all read."""

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def seal(text: str) -> bytes:
    return _keys().encrypt(text.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """Raises cryptography.fernet.InvalidToken when no key of the installation wrote it."""
    return _keys().decrypt(bytes(sealed)).decode()


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])
