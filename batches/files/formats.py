"""The format of a batch's file, and its part of the settings form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from typing_extensions import override

from campaigns.credentials.scope import credentials_of_campaign
from campaigns.models import Campaign
from config.core.credentials.service import secret_of
from config.core.errors import DomainError
from config.core.forms.layout import ANY, Fields, Section, ShownWhen, SideBySide
from config.core.tabular.csv_writer import CsvFormat
from config.core.tabular.delimiters import DELIMITERS
from processr.jobs.http.credentials import CredentialField

CSV, TXT, XLSX = "csv", "txt", "xlsx"
KINDS = [(CSV, "CSV"), (TXT, "TXT"), (XLSX, "XLSX")]
TEXTS = (CSV, TXT)
USUAL = {CSV: "comma", TXT: "tab"}
QUOTES_ALL = "all"
QUOTES = [("minimal", "Where a value needs them"), (QUOTES_ALL, "Around every value")]
ENCODINGS = [
    ("utf-8", "UTF-8"),
    ("utf-8-sig", "UTF-8 with a byte order mark, for Excel"),
    ("cp1252", "Windows-1252"),
    ("iso-8859-15", "ISO-8859-15 (Latin-9)"),
    ("utf-16", "UTF-16 with a byte order mark"),
]
LINE_ENDS = {"crlf": "\r\n", "lf": "\n"}
NO_PASSWORD = "The credential with the password of the file is missing, cannot be read, or is not for this campaign."
_SHORTEST, _LONGEST = 1, 255


@dataclass(frozen=True, slots=True)
class BatchFormat:
    """The format of one file. Passwords are empty where the file has none."""

    kind: str = CSV
    delimiter: str = ","
    encoding: str = "utf-8"
    line_end: str = "\r\n"
    quotes_all: bool = False
    header: bool = True
    neutralises: bool = False
    xlsx_password: str = field(default="", repr=False)
    zips: bool = False
    zip_password: str = field(default="", repr=False)

    @property
    def extension(self) -> str:
        return "zip" if self.zips else self.kind

    @property
    def csv_format(self) -> CsvFormat:
        return CsvFormat(self.delimiter, self.encoding, self.line_end, self.quotes_all, self.neutralises)


def format_of(values: Mapping[str, Any], *, campaign_id: int) -> BatchFormat:
    """Return the format that the settings of a job say, with its passwords.

    Raises DomainError where a password cannot be had: a file that should have one is never written without.
    """
    kind, zips = values["format"], bool(values["zips"])
    return BatchFormat(
        kind=kind,
        delimiter=DELIMITERS[values["delimiter"] or USUAL.get(kind, "comma")],
        encoding=values["encoding"],
        line_end=LINE_ENDS[values["line_ends"]],
        quotes_all=values["quotes"] == QUOTES_ALL,
        header=bool(values["header"]),
        neutralises=bool(values["neutralises"]),
        xlsx_password=_password(values["xlsx_password"], campaign_id, "xlsx_password") if kind == XLSX else "",
        zips=zips,
        zip_password=_password(values["zip_password"], campaign_id, "zip_password") if zips else "",
    )


def _password(number: int | None, campaign_id: int, name: str) -> str:
    if number is None:
        return ""
    credential = credentials_of_campaign(campaign_id).filter(pk=number).first()
    if credential is None:
        raise DomainError(NO_PASSWORD, field=name)
    try:
        password = secret_of(credential)
    except DomainError as error:
        raise DomainError(NO_PASSWORD, field=name) from error
    if fault := password_fault(password):
        raise DomainError(fault, field=name)
    return password


def password_fault(password: str) -> str:
    """Return why programs could not open a file with this password, or an empty text.

    Programs encode other characters in ways of their own, so that the same password would not open the file.
    """
    if not _SHORTEST <= len(password) <= _LONGEST or not (password.isascii() and password.isprintable()):
        return f"The password of a file has {_SHORTEST} to {_LONGEST} letters, digits and signs of ASCII, which every program types alike."
    return ""


class BatchPasswordField(CredentialField):
    """A choice of the credentials that the campaign may use, whose secret becomes the password of the file."""

    def __init__(self, label: str, *, campaign: Campaign | None = None) -> None:
        super().__init__(campaign=campaign)
        self.label = label
        self.help_text = "The secret of a credential is the password. Empty: none."

    @override
    def clean(self, value: Any) -> int | None:
        number = super().clean(value)
        if number is None:
            return None
        try:
            fault = password_fault(secret_of(self.usable.get(pk=number)))
        except DomainError as error:
            raise forms.ValidationError(error.message) from error
        if fault:
            raise forms.ValidationError(fault)
        return number


def format_fields(campaign: Campaign | None = None) -> dict[str, forms.Field]:
    """Return the fields of the settings form, by name. Those declared have no campaign: a form replaces the passwords by its own."""
    return {
        "format": forms.ChoiceField(choices=KINDS, initial=CSV, label="File format"),
        "header": forms.BooleanField(required=False, initial=True, label="The first row has the names of the columns"),
        "delimiter": forms.ChoiceField(
            choices=[("", "Comma in CSV, tab in TXT"), *((key, key.capitalize()) for key in DELIMITERS)],
            required=False, initial="", label="Between the values",
        ),
        "quotes": forms.ChoiceField(choices=QUOTES, initial="minimal", label="Quotation marks"),
        "encoding": forms.ChoiceField(
            choices=ENCODINGS, initial="utf-8", label="Encoding",
            help_text="Characters that Windows-1252 or ISO-8859-15 does not have become question marks.",
        ),
        "line_ends": forms.ChoiceField(
            choices=[("crlf", "CR LF (Windows)"), ("lf", "LF (Unix)")], initial="crlf", label="Line ends",
        ),
        "neutralises": forms.BooleanField(
            required=False, initial=False, label="An apostrophe before what a spreadsheet would take for a formula",
            help_text="For files that people open. Programs read the apostrophe as a part of the value.",
        ),
        "xlsx_password": BatchPasswordField("Password of the workbook", campaign=campaign),
        "zips": forms.BooleanField(required=False, initial=False, label="Packed as ZIP"),
        "zip_password": BatchPasswordField("Password of the ZIP file", campaign=campaign),
    }  # fmt: skip


def format_layout() -> Fields:
    """Return the layout of these fields."""
    return Section(
        "File",
        "format",
        "header",
        ShownWhen("format", TEXTS, SideBySide("delimiter", "quotes"), SideBySide("encoding", "line_ends"), "neutralises"),
        ShownWhen("format", XLSX, "xlsx_password"),
        "zips",
        ShownWhen("zips", ANY, "zip_password"),
    )
