"""E-mail: sends the file as an attachment, through the mail server of the installation."""

import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from email import encoders
from email.mime.base import MIMEBase
from email.utils import parseaddr
from mimetypes import guess_type
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends import smtp
from django.core.mail.message import sanitize_address
from django.core.validators import validate_email
from typing_extensions import override

from batches.targets.base import BLOCK, SENDING, TESTING, BatchFile, BatchTarget, Failed, FileFault, Login, Put, batch_targets
from config.core.errors import BATCH_MAIL_MB, DomainError
from config.core.http import Limits, TimedSockets
from integrations.base import AttemptResult
from processr.job_types.settings_fields import validate_text

MOST_RECIPIENTS = 20
LONGEST_ADDRESS = 254
LONGEST_SUBJECT = 200
SHOWN = 3
MB = 1_000_000
LATER, NEVER, UNCLEAR = AttemptResult.LATER, AttemptResult.NEVER, AttemptResult.UNCLEAR


class AddressesField(forms.Field):
    """E-mail addresses, as a list or as text with commas, semicolons or line breaks between them."""

    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})

    def to_python(self, value: Any) -> list[str]:
        parts = value if isinstance(value, list | tuple) else re.split(r"[,;\s]+", str(value or ""))
        addresses = [address for part in parts if (address := str(part).strip())]
        return list({address.casefold(): address for address in addresses}.values())

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        if len(value) > MOST_RECIPIENTS:
            raise forms.ValidationError(f"Name at most {MOST_RECIPIENTS} recipients.")
        for address in value:
            validate_text(address)
            try:
                validate_email(address)
            except ValidationError as error:
                raise forms.ValidationError(f"“{address[:60]}” is no e-mail address.") from error
            if len(address) > LONGEST_ADDRESS:
                raise forms.ValidationError(f"An e-mail address has at most {LONGEST_ADDRESS} characters.")

    def prepare_value(self, value: Any) -> str:
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value or ""


@batch_targets.register
class Email(BatchTarget):
    key = "email"
    label = "E-mail"
    safe_to_repeat = False
    fields: ClassVar = {
        "email_to": AddressesField(
            required=False, initial=[], label="Recipients",
            help_text=f"At most {MOST_RECIPIENTS} addresses, with commas or line breaks between them. "
            "All of them get one letter and see each other.",
        ),
    }  # fmt: skip

    @classmethod
    @override
    def clean(cls, values: dict[str, Any]) -> None:
        if not values.get("email_to"):
            raise DomainError("Name somebody who gets the file.", field="email_to")

    def __init__(self, values: Mapping[str, Any], login: Login | None = None) -> None:  # noqa: ARG002
        """Use the login of the installation, whatever was given."""
        super().__init__(values, Login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD))

    @property
    def recipients(self) -> list[str]:
        return list(self.setting("to"))

    @override
    def describe(self) -> str:
        more = len(self.recipients) - SHOWN
        return f"e-mail to {', '.join(self.recipients[:SHOWN])}{f' and {more} more' if more > 0 else ''}"

    @override
    def upload(self, file: BatchFile) -> Put:
        if file.size > settings.BATCH_MAIL_MB * MB:
            limit = f"A file of {file.size / MB:,.1f} MB is too large for an e-mail: at most {settings.BATCH_MAIL_MB:g} MB are sent"
            raise Failed(NEVER, BATCH_MAIL_MB.lifts(limit + "."))
        letter = compose(file, self.recipients)
        backend = get_connection()
        if not isinstance(backend, smtp.EmailBackend):
            return self._hand_over(letter)
        with _conversation(backend, SENDING) as conversation:
            message: Any = letter.message()  # Its stubs lack the end of lines.
            answer = conversation.send(message.as_bytes(linesep="\r\n"), self.recipients)
        return self.outcome(AttemptResult.SENT, f"{conversation.name} took the letter:", words=answer)

    @override
    def try_out(self) -> Put:
        backend = get_connection()
        if not isinstance(backend, smtp.EmailBackend):
            return self.outcome(AttemptResult.SENT, "This installation has no mail server: letters are written into a folder of its own.")
        with _conversation(backend, TESTING) as conversation:
            conversation.address(self.recipients)
        return self.outcome(AttemptResult.SENT, f"{conversation.name} takes letters for {', '.join(self.recipients)}. Nothing was sent.")

    def _hand_over(self, letter: EmailMessage) -> Put:
        try:
            letter.send()
        except OSError as error:
            raise Failed(LATER, f"The letter could not be written: {error.strerror or type(error).__name__}.") from error
        return self.outcome(AttemptResult.SENT, "This installation has no mail server: the letter was written into a folder of its own.")


class _Conversation:
    """A conversation with the mail server. Its methods raise Failed."""

    def __init__(self, connection: smtplib.SMTP, sockets: TimedSockets, name: str) -> None:
        self._smtp, self._sockets, self.name = connection, sockets, name

    def address(self, recipients: list[str], *, size: int = 0) -> None:
        """Name the sender and all recipients. If one is refused, nobody gets the letter, so that it can be sent again."""
        options = [f"size={size}"] if size and self._smtp.has_extn("size") else []
        sender = sanitize_address(settings.DEFAULT_FROM_EMAIL, "utf-8")
        self._expect(*self._smtp.mail(parseaddr(sender)[1], options), "the letter")
        for recipient in recipients:
            self._expect(*self._smtp.rcpt(sanitize_address(recipient, "utf-8")), recipient)
            self._sockets.step()

    def send(self, letter: bytes, recipients: list[str]) -> str:
        """Send the letter, and return the server's answer. Until its last bytes have left, it cannot have been taken."""
        self.address(recipients, size=len(letter))
        self._expect(*self._smtp.docmd("DATA"), "the letter")
        content = memoryview(re.sub(rb"(?m)^\.", b"..", letter).removesuffix(b"\r\n") + b"\r\n.\r\n")
        sock = self._smtp.sock
        if sock is None:
            raise smtplib.SMTPServerDisconnected("closed")
        last = max(0, len(content) - BLOCK)
        for start in range(0, last, BLOCK):
            sock.sendall(content[start : min(start + BLOCK, last)])
            self._sockets.step()
        try:
            sock.sendall(content[last:])
            code, words = self._smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            why = "the connection ended before its answer"
            raise Failed(UNCLEAR, f"It is not known whether {self.name} took the letter: {why}.") from error
        self._expect(code, words, "the letter")
        return f"{code} {_text(words)}"

    def _expect(self, code: int, words: bytes, what: str) -> None:
        if code >= 400:
            raise Failed(LATER if code < 500 else NEVER, f"{self.name} refused {what}, and nobody got it: {code}", words=_text(words))
        if code < 200:
            raise smtplib.SMTPServerDisconnected("no answer")


@contextmanager
def _conversation(backend: smtp.EmailBackend, limits: Limits) -> Iterator[_Conversation]:
    name = backend.host
    with TimedSockets(limits) as sockets:
        try:
            backend.open()
            connection = backend.connection
            if connection is None or connection.sock is None:
                raise smtplib.SMTPServerDisconnected("not connected")
            sockets.keep(connection.sock)
            connection.ehlo_or_helo_if_needed()
            yield _Conversation(connection, sockets, name)
            with suppress(OSError, smtplib.SMTPException):
                connection.quit()
        except smtplib.SMTPAuthenticationError as error:
            refusal = f"{name} refused the login of this installation: {error.smtp_code}"
            raise Failed(NEVER, refusal, words=_text(error.smtp_error)) from error
        except ssl.SSLCertVerificationError as error:
            raise Failed(NEVER, f"The certificate of {name} could not be trusted: {error.verify_message}.") from error
        except smtplib.SMTPResponseException as error:
            result = LATER if error.smtp_code < 500 else NEVER
            raise Failed(result, f"{name} refused the connection: {error.smtp_code}", words=_text(error.smtp_error)) from error
        except (OSError, smtplib.SMTPException) as error:
            late = sockets.are_late or any(isinstance(part, TimeoutError) for part in (error, error.__context__))
            why = "did not answer in time" if late else "could not be connected to, or broke the connection off"
            raise Failed(LATER, f"The mail server {name} {why}. Nothing was sent.") from error


def compose(file: BatchFile, recipients: list[str]) -> EmailMessage:
    """Return the letter. All attempts at one sending have one Message-ID, by which mail servers and people tell repetitions."""
    again = f"\nThis file was sent before. It is sent again unchanged, under its name: resent ({file.resend}).\n" if file.is_resent else ""
    text = (
        f"{file.label}\n\nCampaign: {file.campaign}\nBatch: {file.number or file.batch_id}\nFile: {file.name}\nLeads: {file.lead_count:,}\n"
        f"Size: {file.size:,} bytes\nSHA-256: {file.sha256}\n{again}"
    )
    title = f"{file.label}: {file.lead_count:,} {'lead' if file.lead_count == 1 else 'leads'} of {file.campaign}"
    subject = f"{'Resent: ' if file.is_resent else ''}{' '.join(title.split())}"[:LONGEST_SUBJECT]
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    sending = f"resend-{file.resend}" if file.is_resent else "send"
    headers = {"Message-ID": f"<batch-{file.batch_id}-{sending}-{file.sha256[:16]}@{domain}>", "Auto-Submitted": "auto-generated"}
    letter = EmailMessage(subject, text, to=recipients, headers=headers)
    letter.attach(_attachment(file))
    return letter


def _attachment(file: BatchFile) -> MIMEBase:
    """Return the file as it is. Django would write texts anew."""
    content = b"".join(file.blocks())
    if len(content) != file.size:
        raise FileFault("The stored file of the batch has another size than the one that was built.")
    kind = guess_type(file.name)[0] or "application/octet-stream"
    part = MIMEBase(*kind.split("/", 1))
    part.set_payload(content)
    encoders.encode_base64(part)
    name: str | tuple[str, str, str] = file.name if file.name.isascii() else ("utf-8", "", file.name)
    part.add_header("Content-Disposition", "attachment", filename=name)
    return part


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words
