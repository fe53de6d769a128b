"""The base class of batch targets: where the file of a batch is sent.

A target is a module in `batches/targets`, registered in `batch_targets`. It knows neither the database nor the web.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic
from typing import Any, BinaryIO, ClassVar

import structlog
from django import forms

from config.core.forms.layout import ShownWhen
from config.core.http import AddressRefused, Limits, ServerOrigin, Unreachable, mask_secrets, refuse_in_request
from config.core.registry import Registry
from integrations.base import AttemptResult

log = structlog.get_logger(__name__)

LONGEST_ANSWER = 300
LONGEST_NAME = 240
"""Bytes, so that a temporary name fits into the 255 of file systems."""
BLOCK = 256 * 1024
"""Bytes that are read from the file at a time."""
SENDING = Limits(connect=10.0, read=30.0, total=1_500.0)
"""Limits of sending one file. `http.calls_end_within` shortens them."""
TESTING = Limits(connect=8.0, read=15.0, total=45.0)
"""Limits of a test of the connection, for which somebody waits."""


@dataclass(frozen=True, slots=True)
class Login:
    """A login, as a credential holds it. It is never shown, logged or stored elsewhere."""

    username: str = ""
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)

    @classmethod
    def from_secret(cls, username: str, secret: str) -> "Login":
        """Return the login of a credential, whose secret is a password or a private key."""
        is_key = "PRIVATE KEY-----" in secret or secret.lstrip().startswith("PuTTY-User-Key-File")
        return cls(username, private_key=secret) if is_key else cls(username, secret)

    @property
    def secrets(self) -> list[str]:
        return [secret for secret in (self.password, self.private_key) if secret]


@dataclass(frozen=True, slots=True)
class BatchFile:
    """The file of one batch, ready to be sent.

    `open` returns the same bytes each time. `resend` counts the times that people had it sent again after it had arrived:
    attempts at the same sending share the number.
    """

    name: str
    size: int
    sha256: str
    open: Callable[[], BinaryIO]
    batch_id: int
    lead_count: int
    campaign: str
    label: str
    number: int = 0
    resend: int = 0

    @property
    def is_resent(self) -> bool:
        return self.resend > 0

    def blocks(self) -> Iterator[bytes]:
        """Yield the bytes block by block. Raises FileFault, before the target can end, if they are not those that were built."""
        digest = sha256()
        try:
            with self.open() as source:
                while block := source.read(BLOCK):
                    digest.update(block)
                    yield block
        except (OSError, ValueError) as error:
            raise FileFault("The stored file of the batch cannot be read.") from error
        if digest.hexdigest() != self.sha256:
            raise FileFault("The stored file of the batch is not the one that was built: its SHA-256 differs.")


class FileFault(Exception):
    """The stored file cannot be sent."""


@dataclass(frozen=True, slots=True)
class Put:
    """The result of sending a file, or of a test.

    `answer` is shown to people: what the server answered, in words. `proposed` are settings that a test found out and that
    somebody has to confirm, such as the server's host key: they are shown, and written into the job when confirmed.
    """

    result: AttemptResult
    answer: str
    proposed: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.result == AttemptResult.SENT


class Failed(Exception):
    """An attempt that failed, with the answer that is shown. `words` are the server's own, which stand at its end."""

    def __init__(self, result: AttemptResult, answer: str, *, words: str = "", proposed: Mapping[str, str] | None = None) -> None:
        super().__init__(answer)
        self.result, self.words, self.proposed = result, words, dict(proposed or {})


class BatchTarget:
    """The base of targets, instantiated for each attempt.

    `values` are cleaned settings. `fields` are form fields by name; the names begin with the target's key, and the fields are
    optional, because other targets do not have them: `clean` demands what this one needs.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    safe_to_repeat: ClassVar[bool] = True
    """Whether a file that may have arrived can be sent again: it takes the place of the one before."""
    needs_login: ClassVar[bool] = False
    takes_private_key: ClassVar[bool] = False
    fields: ClassVar[Mapping[str, forms.Field]]

    def __init__(self, values: Mapping[str, Any], login: Login | None = None) -> None:
        self.values, self.login = values, login or Login()

    @classmethod
    def clean(cls, values: dict[str, Any]) -> None:
        """Check values that their fields have cleaned, and bring them into the form that is stored.

        Raises DomainError with the field that it is about.
        """

    @property
    def origin(self) -> ServerOrigin | None:
        """The server to which the login is sent; None where none is."""
        return None

    def describe(self) -> str:
        """Return the destination as it is shown and confirmed, such as `sftp.acme.example /in as bob`. It holds no secret."""
        raise NotImplementedError

    def put(self, file: BatchFile) -> Put:
        """Make one attempt at sending the file. Failures are results; an exception is a fault of ours."""
        if fault := name_fault(file.name):
            return self.outcome(AttemptResult.NEVER, fault)
        return self._attempt(lambda: self.upload(file))

    def test(self) -> Put:
        """Connect, log in and look at the folder. Where that is harmless, write a small file and remove it."""
        return self._attempt(self.try_out)

    def _attempt(self, act: Callable[[], Put]) -> Put:
        refuse_in_request()
        began = monotonic()
        put = self._result_of(act)
        log.info("batch target", target=self.key, result=put.result, ms=round((monotonic() - began) * 1000))
        return put

    def _result_of(self, act: Callable[[], Put]) -> Put:
        try:
            return act()
        except Failed as failure:
            return self.outcome(failure.result, str(failure), words=failure.words, proposed=failure.proposed)
        except FileFault as fault:
            return self.outcome(AttemptResult.NEVER, str(fault))
        except AddressRefused as refusal:
            return self.outcome(AttemptResult.NEVER, refusal.message)
        except Unreachable as failure:
            return self.outcome(AttemptResult.LATER, failure.message)

    def upload(self, file: BatchFile) -> Put:
        """Implement `put`. May raise Failed."""
        raise NotImplementedError

    def try_out(self) -> Put:
        """Implement `test`. May raise Failed."""
        raise NotImplementedError

    def setting(self, name: str) -> Any:
        return self.values.get(f"{self.key}_{name}", "")

    def outcome(self, result: AttemptResult, answer: str, *, words: str = "", proposed: Mapping[str, str] | None = None) -> Put:
        """Return a result whose answer can be shown: one line, without control characters, and cut.

        `words` are the server's own. Only they are searched for the login's secrets: a mask in a text of ours would tell one.
        """
        return Put(result, one_line(f"{answer} {mask_secrets(words, self.login.secrets)}"), proposed or {})


def name_fault(name: str) -> str:
    """Return why a target refuses the name of a file, or an empty text.

    Names are made safe where they are composed; this is the last look.
    """
    is_too_long = len(name.encode("utf-8", "replace")) > LONGEST_NAME
    if name in ("", ".", "..") or is_too_long or not name.isprintable() or set(name) & set("/\\"):
        return f"The file cannot have the name “{name[:60]}”."
    return ""


def one_line(text: str) -> str:
    """Return the text as one line of limited length."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= LONGEST_ANSWER else f"{line[: LONGEST_ANSWER - 1]}…"


batch_targets: Registry[type[BatchTarget]] = Registry("batch target")


def target_choices() -> list[tuple[str, str]]:
    return [(target.key, target.label) for target in batch_targets]


def target_fields() -> dict[str, forms.Field]:
    """Return the fields of all targets by name, for a form in which one of them is chosen."""
    return {name: field for target in batch_targets for name, field in target.fields.items()}


def shown_fields(controller: str) -> list[ShownWhen]:
    """Return the parts of a layout with the fields of each target, shown while the field `controller` has its key."""
    return [ShownWhen(controller, target.key, *target.fields, demanded=True) for target in batch_targets]
