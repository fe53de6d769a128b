"""SFTP: writes the file into a folder of an SSH server, whose host key somebody has confirmed."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from typing_extensions import override

from batches.targets.base import SENDING, TESTING, BatchFile, Failed, FileFault, Put, batch_targets
from batches.targets.protocols.fields import check_server, host_field, path_field, port_field, validate_plain
from batches.targets.protocols.host_keys import HostKey, NoHostKey, parse_host_key
from batches.targets.protocols.server_target import ServerTarget
from config.core.errors import DomainError
from config.core.http import Limits, TimedSockets
from integrations.base import AttemptResult

if TYPE_CHECKING:
    from batches.targets.protocols.ssh_session import SftpClient, SshSession

PORT = 22
UNCONFIRMED = "Nobody has confirmed the host key of {}. Test the connection, and confirm the key that it shows."


@batch_targets.register
class Sftp(ServerTarget):
    key = "sftp"
    label = "SFTP"
    usual_port = PORT
    takes_private_key = True
    fields: ClassVar = {
        "sftp_host": host_field(),
        "sftp_port": port_field(PORT),
        "sftp_path": path_field(),
        "sftp_host_key": forms.CharField(
            required=False, initial="", max_length=2_000, label="Host key", validators=[validate_plain],
            help_text="The fingerprint of the server's key, SHA256:…, as its operator tells it, or the public key itself. The test of the "
            "connection shows it. A file is sent only to the server that has this key.",
        ),
    }  # fmt: skip

    @classmethod
    @override
    def clean(cls, values: dict[str, Any]) -> None:
        check_server(values, cls.key, usual_port=PORT)
        text = str(values.get("sftp_host_key") or "").strip()
        try:
            values["sftp_host_key"] = str(parse_host_key(text)) if text else ""
        except NoHostKey as error:
            raise DomainError(str(error), field="sftp_host_key") from error

    @override
    def upload(self, file: BatchFile) -> Put:
        with self._client(SENDING) as (client, _):
            client.check_folder(self.folder)
            path, temporary = self._path(file.name), self._path(f"{file.name}.part")
            try:
                self._write(client, temporary, file)
                client.move(temporary, path)
            except (PermissionError, FileNotFoundError):  # Neither another name nor a renaming is allowed everywhere.
                self._write_directly(client, path, file)
                client.remove(temporary)
        return self.outcome(AttemptResult.SENT, f"{file.name} is on {self._where} ({file.size:,} bytes).")

    @override
    def try_out(self) -> Put:
        if not self.setting("host_key"):
            return self._show_key()
        with self._client(TESTING) as (client, session):
            client.check_folder(self.folder)
            name = self._path(f"sluice-test-{secrets.token_hex(6)}.part")
            try:
                client.write(name, iter([b"test"]))
            except (PermissionError, FileNotFoundError) as error:
                raise Failed(AttemptResult.NEVER, f"“{self.login.username}” may not write into {self._where}.") from error
            end = "and removed" if client.remove(name) else f"but cannot be removed: {name} is left there"
            answer = f"Logged in on {self._where}: a small file was written there, {end}. The server is"
        return self.outcome(AttemptResult.SENT, answer, words=session.software or "unnamed")

    @property
    def _where(self) -> str:
        return f"{self.server.name} in {self.folder}" if self.folder else self.server.name

    def _path(self, name: str) -> str:
        return f"{self.folder.rstrip('/')}/{name}" if self.folder else name

    def _write(self, client: "SftpClient", path: str, file: BatchFile) -> None:
        try:
            size = client.write(path, file.blocks())
            stored = client.size_of(path)
        except (Failed, FileFault):
            with suppress(Failed):  # What is left is a part of a file, or another one.
                client.remove(path)
            raise
        if stored not in (None, size):
            client.remove(path)
            raise Failed(AttemptResult.LATER, f"{self.server.name} stored {stored:,} of {size:,} bytes. It may have no space left.")

    def _write_directly(self, client: "SftpClient", path: str, file: BatchFile) -> None:
        try:
            self._write(client, path, file)
        except FileNotFoundError as error:
            raise Failed(AttemptResult.NEVER, f"There is no folder {self.folder} on {self.server.name}.") from error
        except PermissionError as error:
            raise Failed(AttemptResult.NEVER, f"“{self.login.username}” may not write {file.name} into {self._where}.") from error

    def _show_key(self) -> Put:
        """Return the key that the server shows, for somebody to confirm. Nobody logs in before that."""
        with self._session(TESTING) as session:
            shown = session.connect()
        return self.outcome(
            AttemptResult.NEVER,
            f"{self.server.name} has the host key {shown}. Compare it with what its operator says, confirm it, and test again: "
            "nobody logs in before.",
            proposed={"sftp_host_key": str(shown)},
        )

    @contextmanager
    def _session(self, limits: Limits) -> Iterator["SshSession"]:
        module = import_module("batches.targets.protocols.ssh_session")
        with TimedSockets(limits) as sockets:
            session: SshSession = module.SshSession(sockets, self.server)
            try:
                yield session
            finally:
                session.close()

    @contextmanager
    def _client(self, limits: Limits) -> Iterator[tuple["SftpClient", "SshSession"]]:
        """Connect, compare the host key and log in."""
        if not self.setting("host_key"):
            raise Failed(AttemptResult.NEVER, UNCONFIRMED.format(self.server.name))
        if not self.login.username or not self.login.secrets:
            raise Failed(AttemptResult.NEVER, "The credential of the login is missing, or has no user name.")
        confirmed = parse_host_key(self.setting("host_key"))
        with self._session(limits) as session:
            shown = session.connect_to(confirmed)
            if not shown.is_shown_by(confirmed):
                raise self._other_key(confirmed, shown)
            session.log_in(self.login)
            yield session.open_client(), session

    def _other_key(self, confirmed: HostKey, shown: HostKey) -> Failed:
        return Failed(
            AttemptResult.NEVER,
            f"{self.server.name[:60]} shows another host key, {shown}, than the confirmed {confirmed}: nothing was sent. Confirm the "
            "new one if the operator of the server says that it is right.",
            proposed={"sftp_host_key": str(shown)},
        )
