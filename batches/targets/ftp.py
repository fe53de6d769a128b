"""FTP: writes the file into a folder of an FTP server. Nothing is encrypted: FTPS and SFTP are."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

from django import forms
from typing_extensions import override

from batches.targets.base import SENDING, TESTING, BatchFile, Failed, FileFault, Put, batch_targets
from batches.targets.protocols.fields import check_server, host_field, path_field, port_field
from batches.targets.protocols.ftp_session import FtpRefusal, FtpSession
from batches.targets.protocols.server_target import ServerTarget
from config.core.http import Limits, TimedSockets
from integrations.base import AttemptResult

PORT = 21
PASSIVE, ACTIVE = "passive", "active"
MODES = [(PASSIVE, "Passive: Sluice connects"), (ACTIVE, "Active: the server connects back")]


def fields_of(key: str) -> Mapping[str, forms.Field]:
    return {
        f"{key}_host": host_field(),
        f"{key}_port": port_field(PORT),
        f"{key}_path": path_field(),
        f"{key}_mode": forms.ChoiceField(
            required=False, choices=MODES, initial=PASSIVE, label="Data connection",
            help_text="Passive, unless the server's operator says otherwise: it works through firewalls.",
        ),
    }  # fmt: skip


class FtpTarget(ServerTarget):
    """The base of FTP with and without TLS."""

    usual_port = PORT
    is_secure: ClassVar[bool]

    @classmethod
    @override
    def clean(cls, values: dict[str, Any]) -> None:
        check_server(values, cls.key, usual_port=PORT)
        values[f"{cls.key}_mode"] = values.get(f"{cls.key}_mode") or PASSIVE

    @property
    def _where(self) -> str:
        return f"{self.server.name} in {self.folder}" if self.folder else self.server.name

    @override
    def upload(self, file: BatchFile) -> Put:
        temporary = f"{file.name}.part"
        with self._session(SENDING) as session:
            try:
                self._store(session, temporary, file)
                session.rename(temporary, file.name)
            except FtpRefusal:  # Neither another name nor a renaming is allowed everywhere.
                self._store_directly(session, file)
                session.remove(temporary)
        return self.outcome(AttemptResult.SENT, f"{file.name} is on {self._where} ({file.size:,} bytes).")

    @override
    def try_out(self) -> Put:
        name = f"sluice-test-{secrets.token_hex(6)}.part"
        with self._session(TESTING) as session:
            try:
                session.store(name, iter([b"test"]))
            except FtpRefusal as refusal:
                raise Failed(
                    AttemptResult.NEVER, f"“{self.login.username}” may not write into {self._where}: {refusal.code}", words=refusal.words
                ) from refusal
            end = "and removed" if session.remove(name) else f"but cannot be removed: {name} is left there"
            answer = f"Logged in on {self._where}: a small file was written there, {end}. It says:"
        return self.outcome(AttemptResult.SENT, answer, words=session.greeting or "nothing")

    def _store(self, session: FtpSession, name: str, file: BatchFile) -> None:
        try:
            size = session.store(name, file.blocks())
            stored = session.size_of(name)
        except (Failed, FileFault):
            with suppress(Failed):  # What is left is a part of a file, or another one.
                session.remove(name)
            raise
        if stored not in (None, size):
            session.remove(name)
            raise Failed(AttemptResult.LATER, f"{self.server.name} stored {stored:,} of {size:,} bytes. It may have no space left.")

    def _store_directly(self, session: FtpSession, file: BatchFile) -> None:
        try:
            self._store(session, file.name, file)
        except FtpRefusal as refusal:
            raise Failed(
                AttemptResult.NEVER,
                f"“{self.login.username}” may not write {file.name} into {self._where}: {refusal.code}",
                words=refusal.words,
            ) from refusal

    @contextmanager
    def _session(self, limits: Limits) -> Iterator[FtpSession]:
        if not self.login.username:
            raise Failed(AttemptResult.NEVER, "The credential of the login is missing, or has no user name.")
        if not (self.login.username + self.login.password).isprintable():
            raise Failed(AttemptResult.NEVER, "The user name or the password has a line break or a control character.")
        passive = self.setting("mode") != ACTIVE
        with TimedSockets(limits) as sockets:
            session = FtpSession(sockets, self.server, is_secure=self.is_secure, is_passive=passive)
            try:
                session.log_in(self.login)
                session.enter(self.folder)
                yield session
            finally:
                session.close()


@batch_targets.register
class Ftp(FtpTarget):
    key = "ftp"
    label = "FTP (not encrypted)"
    is_secure = False
    fields = fields_of("ftp")
