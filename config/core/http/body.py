"""Reading a response body up to the size limit, which holds for the packed and for the unpacked bytes."""

import zlib
from email.message import Message
from http.client import HTTPResponse

from config.core.http.errors import TooLarge, Unreachable

PART = 65_536
_PACKED = {"gzip", "x-gzip", "deflate"}


def body(response: HTTPResponse, *, at_most: int, name: str) -> bytes:
    """Return the unpacked body. Raises TooLarge; Unreachable when the packing is broken or was not asked for."""
    packing = (response.headers.get("Content-Encoding") or "identity").strip().lower()
    if packing not in {"", "identity", *_PACKED}:
        raise Unreachable(f"{name} answered in a form that was not asked for.", maybe_received=True)
    unpack = _Unpacker(packing, at_most) if packing in _PACKED else None
    read = bytearray()
    while part := response.read(PART):
        read += unpack.unpacked(part, so_far=len(read)) if unpack else part
        if len(read) > at_most:
            raise TooLarge(f"{name} answered more than {at_most:,} bytes.")
    if response.length or (unpack and not unpack.is_whole):
        raise Unreachable(f"The answer of {name} broke off.", maybe_received=True)
    return bytes(read)


def text(content: bytes, headers: Message) -> str:
    """Decode the body. Bytes that cannot be decoded are replaced, so that a binary body does not fail."""
    charset = headers.get_content_charset() or "utf-8"
    try:
        return content.decode(charset, errors="replace").removeprefix("\ufeff")
    except (LookupError, ValueError):
        return content.decode("utf-8", errors="replace").removeprefix("\ufeff")


class _Unpacker:
    """Unpacks a body part by part, and never makes more than one byte over the limit."""

    def __init__(self, packing: str, at_most: int) -> None:
        self._at_most = at_most
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._raw_tried = packing != "deflate"
        self._began = False

    def unpacked(self, part: bytes, *, so_far: int) -> bytes:
        self._began = True
        try:
            return self._zlib.decompress(part, self._at_most + 1 - so_far)
        except zlib.error as error:
            return self._raw(part, so_far, error)

    def _raw(self, part: bytes, so_far: int, error: zlib.error) -> bytes:
        """Unpack a raw deflate stream: some servers send one without the zlib header."""
        if self._raw_tried or so_far:
            raise Unreachable("The answer could not be unpacked.", maybe_received=True) from error
        self._raw_tried, self._zlib = True, zlib.decompressobj(-zlib.MAX_WBITS)
        return self.unpacked(part, so_far=so_far)

    @property
    def is_whole(self) -> bool:
        return self._zlib.eof or not self._began
