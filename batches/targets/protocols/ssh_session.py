"""One SFTP session. The host key is compared before anything is sent that is secret.

The module is imported when a session begins, because paramiko takes a third of a second.
"""

import logging
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from textwrap import wrap
from typing import Any

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from batches.targets.base import Failed, Login
from batches.targets.protocols.host_keys import TYPES, HostKey
from config.core.http import Server, TimedSockets
from integrations.base import AttemptResult

LATER, NEVER = AttemptResult.LATER, AttemptResult.NEVER
SPACE = re.compile(r"no space|quota|disk (?:is )?full|not enough space|insufficient|space limit", re.IGNORECASE)
_ARMOUR = re.compile(r"\s*(-----BEGIN [A-Z0-9 ]+-----)(.+?)(-----END [A-Z0-9 ]+-----)\s*", re.DOTALL)
_KEY_CLASSES: list[tuple[type, type[paramiko.PKey]]] = [
    (rsa.RSAPrivateKey, paramiko.RSAKey),
    (ec.EllipticCurvePrivateKey, paramiko.ECDSAKey),
    (ed25519.Ed25519PrivateKey, paramiko.Ed25519Key),
]
# What fails is in the answer; its own thread would log it with a traceback as well.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)


class SshSession:
    """A session with one server, to be used within its `sockets`. Its methods raise Failed."""

    def __init__(self, sockets: TimedSockets, server: Server) -> None:
        self.sockets, self.server = sockets, server
        self._transport: paramiko.Transport | None = None

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    @property
    def software(self) -> str:
        """The name of the server's software, such as OpenSSH_9.9."""
        return str(getattr(self._transport, "remote_version", "")).removeprefix("SSH-2.0-").split(" ")[0][:40]

    def connect(self, algorithms: Sequence[str] = ()) -> HostKey:
        """Connect, and return the key that the server shows. `algorithms` are those asked for; none are all."""
        self.close()
        sock = self.sockets.connect(self.server)
        transport = self._transport = paramiko.Transport(sock)
        transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = self.sockets.limits.read
        if algorithms:
            transport.get_security_options().key_types = tuple(algorithms)
        try:
            transport.start_client(timeout=self.sockets.limits.read)
            key = transport.get_remote_server_key()
        except paramiko.IncompatiblePeer as error:
            if algorithms:
                raise
            raise Failed(NEVER, f"{self.server.name} and Sluice have no algorithms in common: it is too old, or set up so.") from error
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise self._broken("It did not answer as an SFTP server does") from error
        self.sockets.step()
        return HostKey(key.fingerprint, key.get_name())

    def connect_to(self, confirmed: HostKey) -> HostKey:
        """Connect, and return the confirmed key if the server shows it, otherwise another one that it shows."""
        shown = None
        for algorithms in [TYPES[confirmed.type]] if confirmed.type else TYPES.values():
            try:
                shown = self.connect(algorithms)
            except paramiko.IncompatiblePeer:  # It has no key of this type.
                continue
            if shown.is_shown_by(confirmed):
                return shown
        return shown or self.connect()

    def log_in(self, login: Login) -> None:
        transport = self._connected()
        try:
            if login.private_key:
                wanted = transport.auth_publickey(login.username, load_private_key(login))
                if wanted and login.password and "password" in wanted:
                    wanted = transport.auth_password(login.username, login.password)
            else:
                wanted = transport.auth_password(login.username, login.password)
        except paramiko.BadAuthenticationType as error:
            raise Failed(NEVER, f"{self.server.name} takes logins by {_listed(error.allowed_types)} alone.") from error
        except paramiko.AuthenticationException as error:
            if self.sockets.are_late or not transport.is_active() or "timeout" in str(error):
                raise self._broken("The login was not answered") from error
            what = "key" if login.private_key else "password"
            raise Failed(
                NEVER, f"{self.server.name} refused the login: the user name or {what} is wrong, or “{login.username}” may not log in."
            ) from error
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise self._broken("The login was not answered") from error
        if wanted:
            raise Failed(NEVER, f"{self.server.name} demands a further login by {_listed(wanted)}.")
        self.sockets.step()

    def open_client(self) -> "SftpClient":
        try:
            channel = self._connected().open_session(timeout=self.sockets.limits.read)
            channel.settimeout(self.sockets.limits.read)
            channel.invoke_subsystem("sftp")
            client = paramiko.SFTPClient(channel)
        except (paramiko.SSHException, EOFError, OSError) as error:
            if self.sockets.are_late or not self._connected().is_active():
                raise self._broken("The login succeeded, but no SFTP session began") from error
            raise Failed(NEVER, f"{self.server.name} offers this login no SFTP.") from error
        self.sockets.step()
        return SftpClient(client, self.sockets, self.server)

    def _connected(self) -> paramiko.Transport:
        if self._transport is None:
            raise RuntimeError("not connected")
        return self._transport

    def _broken(self, what: str) -> Failed:
        return broken(self.sockets, self.server, what)


class SftpClient:
    """Files on the server. Its methods raise Failed, and PermissionError or FileNotFoundError where the server says so."""

    def __init__(self, client: paramiko.SFTPClient, sockets: TimedSockets, server: Server) -> None:
        self._client, self.sockets, self.server = client, sockets, server

    def check_folder(self, path: str) -> None:
        shown = path or "the folder of the login"
        try:
            with self._translated("The folder could not be looked at", otherwise=PermissionError):
                mode = self._client.stat(path or ".").st_mode
        except FileNotFoundError as error:
            raise Failed(NEVER, f"There is no folder {shown} on {self.server.name}. It must be made there first.") from error
        except PermissionError:
            return  # Some let files be written into folders that they do not show.
        if mode is not None and stat.S_IFMT(mode) and not stat.S_ISDIR(mode):
            raise Failed(NEVER, f"{shown} on {self.server.name} is no folder.")

    def write(self, path: str, blocks: Iterator[bytes]) -> int:
        """Write the file, many blocks on their way at a time, and return its size. All that the server answered is looked at."""
        size, waiting = 0, b""
        with self._translated("The file could not be stored"), self._client.open(path, "wb") as target:
            target.set_pipelined(True)
            for block in blocks:
                if waiting:
                    target.write(waiting)
                    self.sockets.step()
                size, waiting = size + len(block), block
            target.set_pipelined(False)  # The next write reads the answers to all.
            if waiting:
                target.write(waiting)
        self.sockets.step()
        return size

    def size_of(self, path: str) -> int | None:
        """Return the size that the server tells, or None where it tells none."""
        try:
            with self._translated("The file could not be looked at", otherwise=PermissionError):
                size: int | None = self._client.stat(path).st_size
                return size
        except (PermissionError, FileNotFoundError):
            return None

    def move(self, before: str, after: str) -> None:
        """Give the file its name, in the place of one that has it already. The old way cannot do that in one step."""
        try:
            with self._translated("The file could not be given its name", otherwise=_Unsupported):
                self._client.posix_rename(before, after)
        except _Unsupported:
            self.remove(after)
            with self._translated("The file could not be given its name"):
                self._client.rename(before, after)
        self.sockets.step()

    def remove(self, path: str) -> bool:
        """Remove the file if it is there. Return whether it is gone."""
        try:
            with self._translated("The file could not be removed", otherwise=PermissionError):
                self._client.remove(path)
        except FileNotFoundError:
            return True
        except PermissionError:
            return False
        return True

    @contextmanager
    def _translated(self, what: str, *, otherwise: type[Exception] | None = None) -> Iterator[None]:
        """Translate exceptions of paramiko. `otherwise` stands for a refusal without a code of its own."""
        try:
            yield
        except (PermissionError, FileNotFoundError):
            raise
        except TimeoutError as error:
            raise broken(self.sockets, self.server, what, is_late=True) from error
        except OSError as error:
            # A refusal of the server's leaves the channel open; what paramiko says of a closed one is none.
            if self.sockets.are_late or error.errno is not None or not str(error) or self._is_closed:
                raise broken(self.sockets, self.server, what) from error
            if otherwise is not None:
                raise otherwise from error
            raise self._refused(what, str(error)) from error
        except (paramiko.SSHException, EOFError) as error:
            raise broken(self.sockets, self.server, what) from error

    @property
    def _is_closed(self) -> bool:
        channel = self._client.get_channel()
        return channel is None or channel.closed

    def _refused(self, what: str, answer: str) -> Failed:
        if SPACE.search(answer):
            return Failed(LATER, f"{self.server.name} has no space left for the file:", words=answer)
        return Failed(LATER, f"{what} on {self.server.name}, perhaps for lack of space:", words=answer)


class _Unsupported(Exception):
    """The server does not know the request, or refuses it without saying why."""


def broken(sockets: TimedSockets, server: Server, what: str, *, is_late: bool = False) -> Failed:
    """Return the failure of a conversation that ended early."""
    why = f"{server.name} did not answer in time" if is_late or sockets.are_late else f"{server.name} broke the connection off"
    return Failed(LATER, f"{what}: {why}.")


def load_private_key(login: Login) -> paramiko.PKey:
    """Return the key, from any of the usual formats. The password is its passphrase if it has one. Raises Failed."""
    text = _with_lines(login.private_key)
    if text.lstrip().startswith("PuTTY-User-Key-File"):
        raise Failed(NEVER, "The private key is in the format of PuTTY. Export it as an OpenSSH key.")
    try:
        loaded = _load(text.encode(), None)
    except TypeError as error:
        if not login.password:
            raise Failed(NEVER, "The private key has a passphrase, which the credential does not have.") from error
        loaded = _load(text.encode(), login.password.encode())
    key_class = next((ours for theirs, ours in _KEY_CLASSES if isinstance(loaded, theirs)), None)
    if key_class is None:
        raise Failed(NEVER, "The private key is of a kind that is not used any more. Make one of the kind Ed25519 or RSA.")
    plain = loaded.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
    try:
        return key_class.from_private_key(StringIO(plain.decode()))
    except paramiko.SSHException as error:
        raise Failed(NEVER, "The private key cannot be used.") from error


def _load(key: bytes, passphrase: bytes | None) -> Any:
    load = serialization.load_ssh_private_key if b"OPENSSH" in key else serialization.load_pem_private_key
    try:
        return load(key, passphrase)
    except (ValueError, UnsupportedAlgorithm) as error:
        if passphrase is not None:
            raise Failed(NEVER, "The private key cannot be opened: its passphrase is wrong, or it is not complete.") from error
        raise Failed(NEVER, "The credential holds no private key that can be read.") from error


def _with_lines(key: str) -> str:
    """Return the key with the line breaks that it lost in an input of one line."""
    if (parts := _ARMOUR.fullmatch(key)) and ":" not in parts[2]:
        begin, body, end = parts.groups()
        return "\n".join([begin, *wrap("".join(body.split()), 64), end, ""])
    return f"{key.strip()}\n"


def _listed(types: Sequence[str]) -> str:
    return ", ".join(sorted(types)) or "other ways"
