"""Bodies in chunks, as programs send streams (`curl -T -`, axios, Node).

They are read to their end before Django, which takes bodies with a length only, sees the request.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from io import BytesIO
from tempfile import SpooledTemporaryFile
from time import monotonic
from typing import IO, Any

from gunicorn.http.errors import ParseException

from config.core.api.content_type import Application
from config.core.api.reading_limits import watch

SECONDS = 30.0
"""The time that a body may take, from its first to its last chunk."""
LARGEST = 16 * 1024 * 1024
"""More than any view takes: each refuses what is above its own limit, in the shape of its own refusals."""
_IN_MEMORY = 512 * 1024
_PART = 64 * 1024


class _Incomplete(Exception):
    """The body ended too early, or is not chunked as HTTP says, or took too long."""


def with_length(application: Application, *, seconds: float = SECONDS) -> Application:
    """Wrap the WSGI application, so that it gets bodies with their length. The web server has taken the chunks apart.

    Only servers that mark the end of the body (`wsgi.input_terminated`) can be read to it. Bodies with other codings than
    `chunked` are passed on as they are: `bodies.body` refuses them, because their length is missing.
    """

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        coding = environ.get("HTTP_TRANSFER_ENCODING")
        if coding is None or coding.strip().lower() != "chunked" or not environ.get("wsgi.input_terminated"):
            return application(environ, start_response)
        with SpooledTemporaryFile(max_size=_IN_MEMORY) as content:
            body, length = _read(environ, content, seconds)
            del environ["HTTP_TRANSFER_ENCODING"]
            environ |= {"wsgi.input": body, "CONTENT_LENGTH": str(length)}
            return application(environ, start_response)

    return answer


def _read(environ: dict[str, Any], content: IO[bytes], seconds: float) -> tuple[Any, int]:
    """Return the body and its length.

    For a body that is too large or incomplete, an empty one that announces more is returned, so that no view can take a
    part of it for the whole.
    """
    length = 0
    try:
        for part in _parts(environ, seconds):
            length += len(part)
            if length > LARGEST:
                return BytesIO(), length
            content.write(part)
    except _Incomplete:
        return BytesIO(), 1
    content.seek(0)
    return content, length


def _parts(environ: dict[str, Any], seconds: float) -> Iterator[bytes]:
    stream, ends = environ["wsgi.input"], monotonic() + seconds
    connection = environ.get("gunicorn.socket")
    # The web server would wait for the next byte for ever.
    with watch.limited(connection, seconds=seconds) if connection is not None else nullcontext():
        try:
            while part := stream.read(_PART):
                yield part
                if monotonic() > ends:
                    raise _Incomplete
        except (OSError, ParseException) as error:
            raise _Incomplete from error
