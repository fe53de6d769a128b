"""A reader of encrypted ZIP files by WinZip's description of AE-2 alone, sharing nothing with the library that writes them."""

import hmac
import struct
import zlib
from hashlib import pbkdf2_hmac
from io import BytesIO
from zipfile import ZipFile

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

SALT, CHECK, MAC, KEY = 16, 2, 10, 32


def read_encrypted(packed: bytes, password: str) -> tuple[str, bytes]:
    """Return the name and the content of the only member."""
    (member,) = ZipFile(BytesIO(packed)).infolist()
    assert member.compress_type == 99, "the method of the directory says that the member is encrypted with AES"
    extra = member.extra[member.extra.index(struct.pack("<HH", 0x9901, 7)) + 4 :]
    _version, vendor, strength, method = struct.unpack("<H2sBH", extra[:7])
    assert (vendor, strength) == (b"AE", 3), "AES-256"
    names, extras = struct.unpack("<HH", packed[member.header_offset + 26 : member.header_offset + 30])
    begin = member.header_offset + 30 + names + extras
    whole = packed[begin : begin + member.compress_size]
    salt, check, encrypted, mac = whole[:SALT], whole[SALT : SALT + CHECK], whole[SALT + CHECK : -MAC], whole[-MAC:]
    keys = pbkdf2_hmac("sha1", password.encode(), salt, 1000, 2 * KEY + CHECK)
    assert keys[-CHECK:] == check, "another password"
    assert hmac.new(keys[KEY : 2 * KEY], encrypted, "sha1").digest()[:MAC] == mac
    blocks = -(-len(encrypted) // 16)
    counters = b"".join(number.to_bytes(16, "little") for number in range(1, blocks + 1))
    stream = Cipher(AES(keys[:KEY]), ECB()).encryptor().update(counters)  # noqa: S305
    compressed = bytes(a ^ b for a, b in zip(encrypted, stream, strict=False))
    return member.filename, zlib.decompress(compressed, -15) if method == 8 else compressed
