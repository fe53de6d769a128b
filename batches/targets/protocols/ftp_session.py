"""One FTP session, with or without TLS. Both its connections lead to the address that was checked."""

import ftplib
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

from typing_extensions import override

from batches.targets.base import Failed, FileFault, Login
from config.core.http import Server, TimedSockets
from integrations.base import AttemptResult

LATER, NEVER = AttemptResult.LATER, AttemptResult.NEVER
LONGEST_ANSWER = 50_000
SECONDS_FOR_FAREWELL = 2.0
_LOGIN, _NO_SPACE, _NOT_KNOWN = {"430", "530", "332", "532"}, {"452", "552"}, {"500", "501", "502", "503", "504"}
_SPACE = re.compile(r"no space|quota|disk (?:is )?full|not enough space|insufficient|space limit", re.IGNORECASE)


class FtpRefusal(Exception):
    """An answer that refuses a command."""

    def __init__(self, answer: str) -> None:
        self.code, self.words = answer[:3], answer[3:].strip(" -")
        super().__init__(answer)


class FtpClient(ftplib.FTP):
    """A client of ftplib whose connections are sockets of `TimedSockets`. Answers in another encoding are read all the same."""

    encoding = "utf-8"

    def __init__(self, sockets: TimedSockets, server: Server, *, is_secure: bool, is_passive: bool) -> None:
        super().__init__(timeout=sockets.limits.read, encoding="utf-8")
        self.sockets, self.server, self.is_secure, self.passiveserver = sockets, server, is_secure, is_passive
        self.asked_to_store = False

    def begin(self) -> str:
        """Connect, and return the greeting."""
        self.host = self.server.host
        self._use(self.sockets.connect(self.server))
        self.af = self._control.family
        self.welcome = self.getresp()
        return self.welcome

    def begin_tls(self) -> None:
        """Make the connection secure before the login is sent."""
        self.voidcmd("AUTH TLS")
        self._use(self.sockets.secure(self._control, self.server.host))

    def protect_data(self) -> None:
        """Make the connections of the data secure as well."""
        self.voidcmd("PBSZ 0")
        self.voidcmd("PROT P")

    @override
    def getresp(self) -> str:
        self._answered = 0
        answer = super().getresp()
        self.sockets.step()
        return answer

    @override
    def getline(self) -> str:
        line = super().getline()
        self._answered += len(line)
        if self._answered > LONGEST_ANSWER:
            raise ftplib.error_proto("too long")
        return line

    @override
    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        self.asked_to_store = False
        if self.passiveserver:
            # What the server says of its own address is not followed: it may name any.
            conn = self.sockets.connect_beside(self._control, self.server, self.makepasv()[1])
            self._ask_for_transfer(cmd)
        else:
            with closing(self.makeport()) as listening:
                self._ask_for_transfer(cmd)
                conn, (caller, *_) = listening.accept()
            if caller != self._control.getpeername()[0]:
                conn.close()
                raise ConnectionAbortedError("another host connected")
            self.sockets.keep(conn)
        if self.is_secure:
            # Some servers demand that it is the session of the first connection, so that nobody else can get in between.
            session = self._control.session if isinstance(self._control, ssl.SSLSocket) else None
            with self.explained():
                conn = self.sockets.secure(conn, self.server.host, session)
        return conn, None

    @contextmanager
    def explained(self) -> Iterator[None]:
        """When the data connection ends early, raise what the server answers about it, if it does."""
        try:
            yield
        except ssl.SSLCertVerificationError:
            raise
        except OSError:
            if not self.sockets.are_late:
                with suppress(OSError, EOFError):
                    self.voidresp()
            raise

    def _ask_for_transfer(self, command: str) -> None:
        self.asked_to_store = True
        answer = self.sendcmd(command)
        if answer[0] == "2":  # Some answer twice.
            answer = self.getresp()
        if answer[0] != "1":
            raise ftplib.error_reply(answer)

    def _use(self, sock: socket.socket) -> None:
        self.sock = self._control = sock
        self.file: Any = sock.makefile("r", encoding="utf-8", errors="replace")


class FtpSession:
    """A session with one server, to be used within its `sockets`.

    Its methods raise Failed, and FtpRefusal where another way is left to try.
    """

    def __init__(self, sockets: TimedSockets, server: Server, *, is_secure: bool, is_passive: bool) -> None:
        self.sockets, self.server = sockets, server
        self._client = FtpClient(sockets, server, is_secure=is_secure, is_passive=is_passive)
        self.greeting = ""

    def log_in(self, login: Login) -> None:
        with self._translated("No FTP session began"):
            self.greeting = _words(self._client.begin())
            if self._client.is_secure:
                try:
                    self._client.begin_tls()
                except ftplib.error_perm as error:
                    raise Failed(NEVER, f"{self.server.name} offers no TLS:", words=_words(error)) from error
        with self._translated("The login was not answered"):
            try:
                self._client.login(login.username, login.password)
            except (ftplib.error_perm, ftplib.error_reply) as error:
                raise Failed(NEVER, f"{self.server.name} refused the login of “{login.username}”:", words=_words(error)) from error
            if self._client.is_secure:
                self._client.protect_data()
            with suppress(ftplib.error_perm, ftplib.error_temp, ftplib.error_reply):  # Most write names in UTF-8 without being asked.
                self._client.sendcmd("OPTS UTF8 ON")
            self._client.voidcmd("TYPE I")

    def enter(self, folder: str) -> None:
        if not folder:
            return
        with self._translated("The folder could not be entered"):
            try:
                self._client.cwd(folder)
            except ftplib.error_perm as error:
                refusal = f"There is no folder {folder} on {self.server.name}, or it may not be entered:"
                raise Failed(NEVER, refusal, words=_words(error)) from error

    def store(self, name: str, blocks: Iterator[bytes]) -> int:
        """Store the file in the place of one that has its name, and return its size."""
        size = 0
        with self._translated("The file could not be stored", is_transfer=True):
            conn, _ = self._client.ntransfercmd(f"STOR {name}")
            try:
                with closing(conn):
                    for block in blocks:
                        with self._client.explained():
                            conn.sendall(block)
                        self.sockets.step()
                        size += len(block)
                    _end_of_data(conn)
            except FileFault:
                # The server answers the transfer, whose data have ended, before it hears anything else.
                with suppress(*ftplib.all_errors):
                    self._client.voidresp()
                raise
            self._client.voidresp()
        return size

    def size_of(self, name: str) -> int | None:
        """Return the size that the server tells, or None where it tells none."""
        with self._translated("The file could not be looked at"):
            try:
                return self._client.size(name)
            except (ftplib.error_perm, ftplib.error_temp, ftplib.error_reply, ValueError):
                return None

    def rename(self, before: str, after: str) -> None:
        """Give the file its name, in the place of one that has it already. Raises FtpRefusal where the server does not."""
        with self._translated("The file could not be given its name"):
            try:
                self._client.rename(before, after)
            except (ftplib.error_perm, ftplib.error_reply) as error:
                # Some rename onto no existing file.
                if _code(error) in _NOT_KNOWN or not self.remove(after):
                    raise FtpRefusal(str(error)) from error
                try:
                    self._client.rename(before, after)
                except (ftplib.error_perm, ftplib.error_reply) as second:
                    raise FtpRefusal(str(second)) from second

    def remove(self, name: str) -> bool:
        """Remove the file. Return whether it was there and is gone."""
        with self._translated("The file could not be removed"):
            try:
                self._client.delete(name)
            except (ftplib.error_perm, ftplib.error_reply):
                return False
        return True

    def close(self) -> None:
        """Take leave, without waiting for what the server says to it."""
        if self._client.sock is not None:
            with suppress(OSError):
                self._client.putcmd("QUIT")
            self._client.close()

    @contextmanager
    def _translated(self, what: str, *, is_transfer: bool = False) -> Iterator[None]:
        name = self.server.name
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise Failed(NEVER, f"The certificate of {name} could not be trusted: {error.verify_message}.") from error
        except (TimeoutError, EOFError, OSError) as error:
            if self.sockets.are_late or isinstance(error, TimeoutError):
                raise Failed(LATER, f"{what}: {name} did not answer in time.") from error
            secure = " A secure connection did not come about." if isinstance(error, ssl.SSLError) else ""
            raise Failed(LATER, f"{what}: {name} broke the connection off.{secure}") from error
        except (ftplib.error_temp, ftplib.error_perm, ftplib.error_reply, ftplib.error_proto) as error:
            raise self._refused(what, error, is_transfer=is_transfer) from error
        except (ftplib.Error, ValueError) as error:
            raise Failed(LATER, f"{what}: {name} did not answer as an FTP server does.") from error

    def _refused(self, what: str, error: ftplib.Error, *, is_transfer: bool) -> Exception:
        code, words, name = _code(error), _words(error), self.server.name
        if code in _NO_SPACE or _SPACE.search(words):
            return Failed(LATER, f"{name} has no space left for the file:", words=words)
        if code in _LOGIN:
            return Failed(NEVER, f"{name} refused the login:", words=words)
        if code == "522":
            return Failed(NEVER, f"{name} refused the secure connection of the data:", words=words)
        if is_transfer and self._client.asked_to_store and isinstance(error, ftplib.error_perm):
            return FtpRefusal(str(error))
        if isinstance(error, ftplib.error_perm):
            return Failed(NEVER, f"{what}: {name} answered {code}", words=words)
        if not code.isdigit():
            return Failed(LATER, f"{what}: {name} did not answer as an FTP server does.")
        return Failed(LATER, f"{what}: {name} answered {code}", words=words)


def _end_of_data(conn: socket.socket) -> None:
    """Say that the file is complete. Many servers close without answering that, which is no failure: the code decides."""
    if isinstance(conn, ssl.SSLSocket):
        conn.settimeout(SECONDS_FOR_FAREWELL)
        with suppress(OSError):
            conn.unwrap()


def _code(error: ftplib.Error) -> str:
    return str(error)[:3]


def _words(error: ftplib.Error | str) -> str:
    """Return the words of the answer; of several lines, all."""
    return re.sub(r"(?m)^\d{3}[ -]?", "", str(error)).strip() or str(error)
