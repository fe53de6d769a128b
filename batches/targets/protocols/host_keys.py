"""Host keys of SFTP servers, as they are confirmed and stored: by their SHA-256 fingerprint, as OpenSSH shows it."""

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256

TYPES = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
"""Types of keys with the algorithms that a client asks for to be shown one, the best first."""
_FINGERPRINT = re.compile(r"SHA256:([A-Za-z0-9+/]{43})=?")


class NoHostKey(ValueError):
    """The text is no host key. Its message can stand beside an input."""


@dataclass(frozen=True, slots=True)
class HostKey:
    """A confirmed key. Without its type, which people do not always have, servers are asked for one type after another."""

    fingerprint: str
    type: str = ""

    def __str__(self) -> str:
        return f"{self.type} {self.fingerprint}".strip()

    def is_shown_by(self, other: "HostKey") -> bool:
        return self.fingerprint == other.fingerprint


def parse_host_key(text: str) -> HostKey:
    """Parse a fingerprint with or without its type, a public key, or a line of `ssh-keyscan` or `ssh-keygen -l`. Raises NoHostKey."""
    words = text.split()
    named = next((word for word in words if word in TYPES), "")
    for word in words:
        if match := _FINGERPRINT.fullmatch(word):
            return HostKey(f"SHA256:{match[1]}", named)
        if named and word.startswith("AAAA"):
            return HostKey(_fingerprint_of(word), named)
    if any(word.upper().startswith("MD5:") or re.fullmatch(r"(?:[0-9a-fA-F]{2}:){15}[0-9a-fA-F]{2}", word) for word in words):
        raise NoHostKey("This is the old MD5 fingerprint. Give the one that begins with SHA256:.")
    raise NoHostKey("Give the fingerprint that begins with SHA256:, or the public key of the server. The test of the connection finds it.")


def _fingerprint_of(public_key: str) -> str:
    try:
        raw = b64decode(public_key, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoHostKey("This public key is not complete.") from error
    return f"SHA256:{b64encode(sha256(raw).digest()).decode().rstrip('=')}"
