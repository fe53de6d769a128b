"""Encryption of stored secrets with the installation's field keys: the newest key encrypts, every key decrypts."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def seal(text: str) -> bytes:
    return _keys().encrypt(text.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """Decrypt a secret. Raises cryptography.fernet.InvalidToken when it was written with none of the installation's keys."""
    return _keys().decrypt(bytes(sealed)).decode()


def resealed(sealed: bytes | memoryview) -> bytes | None:
    """Return the secret encrypted with the newest key; None when it is already. Raises InvalidToken as `unseal` does."""
    try:
        Fernet(settings.FIELD_KEYS[0]).decrypt(bytes(sealed))
    except InvalidToken:
        return _keys().rotate(bytes(sealed))
    return None


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])
