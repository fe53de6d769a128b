"""The base class of batch targets: where the file of a batch is sent.

A target is a module in `batches/targets`, registered in `batch_targets`. It knows neither the database nor the web.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, ClassVar

from django import forms

from config.core.http import Limits, mask_secrets
from config.core.registry import Registry
from integrations.base import AttemptResult

LONGEST_ANSWER = 300
BLOCK = 256 * 1024
"""Bytes that are read from the file at a time."""
SENDING = Limits(connect=10.0, read=30.0, total=1_500.0)
"""Limits of sending one file. `http.calls_end_within` shortens them."""
TESTING = Limits(connect=8.0, read=15.0, total=45.0)
"""Limits of a test of the connection, for which somebody waits."""


@dataclass(frozen=True, slots=True)
class Login:
    """What a credential holds for a target. It is never shown, logged or stored elsewhere."""

    username: str = ""
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)

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


class BatchTarget:
    """The base of targets, instantiated for each attempt.

    `values` are cleaned settings. `fields` are form fields by name; the names begin with the target's key, and the fields are
    optional, because other targets do not have them. `required` are those that this target demands.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    safe_to_repeat: ClassVar[bool] = True
    """Whether a file that may have arrived can be sent again: it takes the place of the one before."""
    needs_login: ClassVar[bool] = False
    takes_private_key: ClassVar[bool] = False
    fields: ClassVar[Mapping[str, forms.Field]]
    required: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, values: Mapping[str, Any], login: Login | None = None) -> None:
        self.values, self.login = values, login or Login()

    @classmethod
    def clean(cls, values: dict[str, Any]) -> None:
        """Check values that their fields have cleaned, and bring them into the form that is stored.

        Raises DomainError with the field that it is about.
        """

    def describe(self) -> str:
        """Return the destination as it is shown and confirmed, such as `sftp.acme.example /in as bob`. It holds no secret."""
        raise NotImplementedError

    def put(self, file: BatchFile) -> Put:
        """Make one attempt at sending the file. Failures are results; an exception is a fault of ours."""
        raise NotImplementedError

    def test(self) -> Put:
        """Connect, log in and look at the folder. Where that is harmless, write a small file and remove it."""
        raise NotImplementedError

    def setting(self, name: str) -> Any:
        return self.values.get(f"{self.key}_{name}", "")

    def outcome(self, result: AttemptResult, answer: str, *, proposed: Mapping[str, str] | None = None) -> Put:
        """Return a result whose answer can be shown: without the login's secrets and control characters, and cut."""
        return Put(result, shown_answer(answer, self.login), proposed or {})


def shown_answer(answer: str, login: Login) -> str:
    """Return the answer of a server as one short line, without secrets."""
    masked = mask_secrets(answer, login.secrets)
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in masked).split())
    return line if len(line) <= LONGEST_ANSWER else f"{line[: LONGEST_ANSWER - 1]}…"


batch_targets: Registry[type[BatchTarget]] = Registry("batch target")
