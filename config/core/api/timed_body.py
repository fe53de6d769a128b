"""Bodies with a length, which have to arrive in time, and in full."""

from collections.abc import Callable, Iterable
from typing import Any

from config.core.api.content_type import Application
from config.core.api.reading_limits import ReadingLimit, watch

SECONDS = 30.0
"""The time for a body, beside what its bytes take at BYTES_PER_SECOND."""
BYTES_PER_SECOND = 32 * 1024
AT_ONCE = 2 * 1024 * 1024
"""The most that views read at once: only between two readings it is seen that a sender goes on sending."""


class BodyIncomplete(OSError):
    """The sender stopped, or broke off. Django makes an UnreadablePostError of it: no view takes a part of a body for the whole."""


def with_time_limit(application: Application, *, seconds: float = SECONDS) -> Application:
    """Wrap the WSGI application, so that the body must arrive in time. Servers that do not name the connection are left alone."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length, connection = environ.get("CONTENT_LENGTH"), environ.get("gunicorn.socket")
        if not length or length == "0" or connection is None or not length.isdecimal():
            return application(environ, start_response)
        left = int(length[:19])
        with watch.limited(connection, seconds=seconds + min(left, AT_ONCE) / BYTES_PER_SECOND) as limit:
            environ["wsgi.input"] = TimedBody(environ["wsgi.input"], left, limit)
            return application(environ, start_response)

    return answer


class TimedBody:
    """The body as a stream. What has arrived extends the limit, and its end lifts it."""

    def __init__(self, stream: Any, left: int, limit: ReadingLimit) -> None:
        self._stream, self._left, self._limit = stream, left, limit

    def read(self, size: int = -1) -> bytes:
        return self._counted(self._stream.read(size if size >= 0 else self._left), size)

    def readline(self, size: int = -1) -> bytes:
        return self._counted(self._stream.readline(size if size >= 0 else self._left), 1)

    def _counted(self, content: bytes, least: int) -> bytes:
        """Return what was read. Raises BodyIncomplete if there is less than was to be read, and less than the body has."""
        self._left -= len(content)
        if self._left <= 0:
            watch.drop(self._limit)
        elif len(content) < least or least < 0 or self._limit.is_over:
            raise BodyIncomplete("The body did not arrive in full.")
        self._limit.ends += len(content) / BYTES_PER_SECOND
        return content
