"""Form fields that several targets have."""

import re
from typing import Any

from django import forms

from config.core.errors import DomainError
from config.core.http import AddressRefused, Server
from processr.job_types.settings_fields import validate_text

LONGEST_PATH = 400
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def validate_plain(value: str) -> None:
    """Refuse signs that end a line: a server would read what follows as a command of its own."""
    validate_text(value)
    if _CONTROL.search(value):
        raise forms.ValidationError("This contains control characters or line breaks.")


def host_field() -> forms.CharField:
    return forms.CharField(
        required=False, initial="", max_length=253, label="Host", validators=[validate_plain],
        help_text="The name or address of the server alone, such as files.partner.example.",
    )  # fmt: skip


def port_field(usual: int) -> forms.IntegerField:
    return forms.IntegerField(required=False, min_value=1, max_value=65_535, initial=usual, label="Port")


def path_field() -> forms.CharField:
    return forms.CharField(
        required=False, initial="", max_length=LONGEST_PATH, label="Folder", validators=[validate_plain],
        help_text="It must be there already. Empty: the folder in which the login begins.",
    )  # fmt: skip


def check_server(values: dict[str, Any], key: str, *, usual_port: int) -> None:
    """Bring host, port and path into the form that is stored. Raises DomainError."""
    host = str(values.get(f"{key}_host") or "").strip()
    if not host:
        raise DomainError("Name the server.", field=f"{key}_host")
    if any(sign in host for sign in "/@?#") or " " in host:
        raise DomainError("Give the name or address of the server alone, without a user, path or anything else.", field=f"{key}_host")
    try:
        server = Server.parse(host, values.get(f"{key}_port") or usual_port, usual_port=usual_port)
    except AddressRefused as refusal:
        raise DomainError("No host can have this name.", field=f"{key}_host") from refusal
    values[f"{key}_host"], values[f"{key}_port"] = server.host, server.port
    values[f"{key}_path"] = str(values.get(f"{key}_path") or "").strip()
