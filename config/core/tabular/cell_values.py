"""Numbers, dates and times of workbooks, as the text that a person sees in the cell."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_DATES = {*range(14, 18), 22, *range(27, 32), 34, 35, 36, *range(50, 59)}
_TIMES = {*range(18, 23), 32, 33, *range(45, 48)}
"""Built-in formats of dates and of times, some of them East Asian."""
_NOT_OF_THE_FORMAT = re.compile(r'"[^"]*"|\\.|_.|\[[^\]]*\]', re.DOTALL)
_PLUS = re.compile(r'(?:\[[^\]]*\])*((?:"\+[0-9 ()-]*"|\\?\+)(?:"[0-9 ()-]*"|\\.|[1-9 ()-])*)(?=[0#?])')
"""The signs that a format shows before a number, if they begin with a plus: `+0`, `"+44 "0`, `\\+#`."""
_PLAIN = re.compile("-?[0-9]{1,15}")
_DIGITS = 15
"""Significant digits that spreadsheet programs keep."""


@dataclass(frozen=True, slots=True)
class DateSystem:
    """The day from which a workbook counts."""

    since_1904: bool = False

    def moment(self, serial: float) -> datetime:
        start = datetime(1904, 1, 1)
        if not self.since_1904:  # Excel's 1900 system counts a 29 February 1900, which never was
            start = datetime(1899, 12, 31) if serial < 60 else datetime(1899, 12, 30)
        return start + timedelta(seconds=round(serial * 86_400))


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A cell's number format. `zeros` is the length to which leading zeros fill it, `plus` what it shows before a number: `+` or `+44 `."""

    has_date: bool = False
    has_time: bool = False
    zeros: int = 0
    plus: str = ""

    @classmethod
    def of(cls, number: str, code: str) -> "NumberFormat":
        if not code:
            built_in = int(number) if number.isdecimal() and len(number) < 8 else 0
            return cls(built_in in _DATES, built_in in _TIMES)
        if (plus := _PLUS.match(code)) and (digits := re.fullmatch("[0#?,. ]+", code[plus.end() :].partition(";")[0])):
            return cls(zeros=len(digits[0]) if set(digits[0]) == {"0"} else 0, plus=re.sub(r'["\\]', "", plus[1]))
        if re.fullmatch("0{2,15}", code):
            return cls(zeros=len(code))
        letters = _NOT_OF_THE_FORMAT.sub("", code.partition(";")[0]).lower()
        if letters in ("general", "@"):
            return cls()
        has_time = bool(re.search("[hs]", letters)) or bool(re.search(r"\[(h+|m+|s+)\]", code.lower()))
        has_date = bool(re.search("[dy]", letters)) or ("m" in letters and not has_time)
        return cls(has_date, has_time)


def text_of_number(text: str, number_format: NumberFormat, dates: DateSystem) -> str:
    """Return the text of a stored number. Whole numbers stay digits, however long, dates become ISO 8601."""
    if number_format.has_date or number_format.has_time:
        return _text_of_moment(text, number_format, dates)
    shown = _text_of_digits(text, number_format)
    return shown if text.startswith("-") else f"{number_format.plus}{shown}"


def _text_of_digits(text: str, number_format: NumberFormat) -> str:
    if _PLAIN.fullmatch(text):
        return text.zfill(number_format.zeros)
    number = float(text)
    if number != number or number in (float("inf"), float("-inf")):
        return text
    rounded = f"{number:.{_DIGITS}g}"
    if "e" not in rounded:
        return rounded.zfill(number_format.zeros)
    return f"{number:.0f}" if number.is_integer() and abs(number) < 1e21 else rounded.upper()


def _text_of_moment(text: str, number_format: NumberFormat, dates: DateSystem) -> str:
    serial = float(text)
    try:
        moment = dates.moment(serial)
    except (OverflowError, ValueError):
        return text
    if not number_format.has_date:
        return moment.time().isoformat()
    if not number_format.has_time:
        return moment.date().isoformat()
    return moment.isoformat(sep=" ")
