"""Keys and tokens: random text that is shown once and stored only as its SHA-256."""

import hashlib
import secrets


def new_key(prefix: str) -> str:
    """Return 192 random bits behind a prefix that names the purpose of the key."""
    return f"{prefix}_{secrets.token_urlsafe(24)}"


def digest(text: str) -> str:
    """Return the hexadecimal SHA-256 of any text, lone surrogates included.

    A plain hash is enough for a look-up by equality, as the digested text is random and long.
    """
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
