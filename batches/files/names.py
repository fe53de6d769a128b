"""The names of batches' files: a template that is filled in, and made a name that every file system takes."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from config.core.errors import DomainError

LONGEST_TEMPLATE = 120
LONGEST_NAME = 240
"""Bytes, extension included: as many as targets take, which need some of the 255 of file systems for a temporary name."""
LONGEST_TEXT = 100
"""Bytes of a label or a name of a campaign within the name of a file."""
USUAL = "{label}-{number}-{date}"
FIELD = "file_name"
TEXTS = {
    "label": "the label of the job",
    "campaign": "the campaign's name",
    "advertiser": "the advertiser's name",
}
NUMBERS = {
    "campaign_id": "the campaign's id",
    "number": "the number of the file, 1, 2, 3 and so on",
}
TIMES = {
    "date": "%Y-%m-%d",
    "time": "%H%M%S",
    "YYYY": "%Y",
    "YY": "%y",
    "MM": "%m",
    "DD": "%d",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
}
PLACEHOLDERS = (*TEXTS, *NUMBERS, *TIMES)
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]+)\}")
_FORBIDDEN = '<>:"/\\|?*'
_OF_WINDOWS = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)", re.IGNORECASE)
_MOMENT = re.compile(r"\{(time|HH|mm|ss)\}")


@dataclass(frozen=True, slots=True)
class NamedBatch:
    """The facts that a name can tell."""

    label: str
    campaign: str
    campaign_id: int
    number: int
    advertiser: str = ""


def check_template(template: str) -> None:
    """Raise DomainError if no name can be made of the template."""
    if not template.strip():
        raise DomainError("Give the file a name.", field=FIELD)
    if len(template) > LONGEST_TEMPLATE:
        raise DomainError(f"The template has at most {LONGEST_TEMPLATE} characters.", field=FIELD)
    unknown = next((name for name in _PLACEHOLDER.findall(template) if name not in PLACEHOLDERS), None)
    if unknown is not None:
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise DomainError(f"{{{unknown}}} is not known. There are {known}.", field=FIELD)
    text = _PLACEHOLDER.sub("", template)
    if "{" in text or "}" in text:
        raise DomainError("Braces stand around the name of a placeholder alone, such as {date}.", field=FIELD)
    if bad := next((sign for sign in text if sign in _FORBIDDEN), None):
        raise DomainError(f"A name of a file cannot have the sign {bad}", field=FIELD)
    if not text.isprintable():
        raise DomainError("The name holds control characters, or others that cannot be seen.", field=FIELD)
    if template.startswith((".", " ")):
        raise DomainError("A name of a file does not begin with a dot or a space.", field=FIELD)
    if len(text.encode()) > LONGEST_NAME - LONGEST_TEXT:
        raise DomainError(f"The name would have more than {LONGEST_NAME} bytes.", field=FIELD)


def file_name(template: str, batch: NamedBatch, *, moment: datetime, zone: str, extension: str) -> str:
    """Return the name of the file that is built at this moment, whose dates are those of the zone."""
    return f"{_base_name(template, batch, moment.astimezone(ZoneInfo(zone)), extension)}.{extension}"


def name_in_zip(name: str, kind: str) -> str:
    """Return the name that the file has inside of the ZIP file of this name."""
    return f"{name.removesuffix('.zip')}.{kind}"


def is_repeated(template: str) -> bool:
    """Return whether two files of one day have the same name, so that the second takes the place of the first where it is sent to."""
    return "{number}" not in template and not _MOMENT.search(template)


def _base_name(template: str, batch: NamedBatch, local: datetime, extension: str) -> str:
    numbers = {"campaign_id": str(batch.campaign_id), "number": str(batch.number)}
    times = {name: local.strftime(pattern) for name, pattern in TIMES.items()}
    texts = {"label": batch.label, "campaign": batch.campaign, "advertiser": batch.advertiser}
    for longest in _lengths():
        shortened = {name: _cut(_clean(text), longest) for name, text in texts.items()}
        name = _safe(_filled(template, {**numbers, **times, **shortened}), extension)
        if len(name.encode()) + len(extension) < LONGEST_NAME:
            break
    return _cut(name, LONGEST_NAME - len(extension) - 1) or f"batch-{batch.number}"


def _lengths() -> Iterator[int]:
    """Yield ever fewer bytes for the texts of the name: they are cut, and never the numbers and dates, which tell files apart."""
    longest = LONGEST_TEXT
    while longest:
        yield longest
        longest //= 2
    yield 0


def _filled(template: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], ""), template)


def _clean(text: str) -> str:
    """Return the text without what no name of a file can have: separators of paths become hyphens, and signs that are not seen go."""
    spaced = (" " if unicodedata.category(sign) in ("Zs", "Zl", "Zp", "Cc") else sign for sign in unicodedata.normalize("NFC", text))
    kept = "".join("-" if sign in _FORBIDDEN else sign for sign in spaced if sign.isprintable())
    return " ".join(kept.split())


def _safe(name: str, extension: str) -> str:
    """Return the name as Windows takes it too: without dots and spaces at its ends, and none that means a device."""
    name = _clean(name).lstrip(". ")
    name = name[: -len(extension) - 1] if name.lower().endswith(f".{extension}") else name
    name = name.rstrip(". ")
    return f"_{name}" if _OF_WINDOWS.match(name) else name


def _cut(text: str, longest: int) -> str:
    return text.encode()[:longest].decode(errors="ignore").rstrip(". ")
