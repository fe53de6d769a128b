"""Keys and tokens: random text we hand out once and keep only as its SHA-256."""

import hashlib
import secrets


def new_key(prefix: str) -> str:
    """192 random bits behind a prefix that tells what the key is for."""
    return f"{prefix}_{secrets.token_urlsafe(24)}"


def digest(text: str) -> str:
    """Hex; fit for look-up by equality, as what is digested is random and long. Of any text: senders try everything."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
