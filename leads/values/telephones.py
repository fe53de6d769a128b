"""Telephone numbers: reading them however they are written, and the form in which they are compared.

That form is E.164 where the country is known: from the number itself, or because its owner named one. Otherwise it is
the digits. An extension is no part of it.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    SUPPORTED_REGIONS,
    NumberParseException,
    PhoneMetadata,
    PhoneNumber,
    PhoneNumberFormat,
    ValidationResult,
    country_code_for_region,
)

from leads.values import countries
from leads.values.telephone_text import (
    FEWEST_BEFORE_EXTENSION,
    HAS_DIGIT,
    LONGEST,
    MOST_DIGITS,
    PLAIN,
    SCHEME,
    WRITTEN,
    digits_of,
    find_number,
    halves,
    is_shortened,
    simplified,
    unquoted,
    written_numbers,
)

_KEPT = 4096
"""How many numbers that were read last are kept: each job that reads telephones goes over all leads of a chunk."""
_FEWEST_DIGITS_WITH_COUNTRY_CODE = 11
"""Digits that may be a number with its country code although the plus is missing. National numbers this long begin with 0."""

SHORTENED = (
    "This value is a number that a spreadsheet has shortened: its last digits are lost. "
    "Format the column as text there, and send the whole telephone number."
)
SEVERAL = "This value holds several telephone numbers. Send one of them."
MISTYPED = "This value has letters in place of digits, such as O for 0 or l for 1. Send the telephone number in digits."
NO_DIGITS = "This value is not a telephone number: it has no digits."
NO_NUMBER = "is no telephone number"
WRONG_LENGTH = "is too short or too long for its country"
LOST_DIGITS = "was shortened by a spreadsheet, so its last digits are lost"
HOLDS_SEVERAL = "holds several telephone numbers"
HAS_LETTERS = "has letters in place of digits, such as O for 0"
_SENTENCES = {LOST_DIGITS: SHORTENED, HOLDS_SEVERAL: SEVERAL, HAS_LETTERS: MISTYPED}

_TRUNK = re.compile(r"[(\[]\s*(?:0|06|1|8)\s*[)\]]")
_TAIL = re.compile(r"\s*(?:[(\[]\d{1,6}[)\]]|-\s*\d{1,3})\s*$")
"""A tail after a whole number: an extension in brackets, the last line of a row of lines, such as 020 7946 0000-9."""
_FEWEST_BEFORE_TAIL = 8
"""Digits of a number after which others may be a tail: shorter ones are beginnings of mistyped numbers."""
_MAIN_REGIONS = {str(code): regions[0] for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()}
_TRUNKS = {**dict.fromkeys(_MAIN_REGIONS, "0"), "1": "1", "7": "8", "36": "06", "375": "8", "692": "1", "993": "8"}
"""The digits that are dialled before national numbers, by country code. Where there are none, no number begins with them either."""
_KEEPING_ZERO = ("39", "47", "225", "227", "229", "241", "242", "267", "268", "378", "379", "501", "676", "679", "687", "853")
"""Country codes after which a national number keeps the 0 that it begins with."""
_OLD_PREFIXES = {"52": re.compile(r"(?:044|045|0[12]|1)(?=\d{10}$)")}
"""Digits dialled before national numbers until a plan changed, by country code: in Mexico before mobile numbers until 2020."""


class Telephone(NamedTuple):
    """A number as it was read.

    - `international`: the number in E.164, empty where its country is not known.
    - `digits`: its digits as they are written, without an extension.
    - `plus`: whether it is written with a country code.
    - `possible`: whether it is as long as numbers of its country are.
    - `alone`: whether the text is this number, perhaps with an extension, and nothing else.
    - `several`: whether the text holds further numbers.
    - `mistyped`: whether letters stand in it for the digits that they look like.
    """

    international: str = ""
    digits: str = ""
    plus: bool = False
    possible: bool = False
    alone: bool = False
    several: bool = False
    mistyped: bool = False

    @property
    def key(self) -> str:
        """Return the form in which numbers are compared, empty without digits."""
        return self.international or (f"+{self.digits}" if self.plus and self.digits else self.digits)

    @property
    def national_digits(self) -> str:
        """Return the digits without the country code, as far as it is known."""
        return self.international.removeprefix(f"+{_split(self.international[1:])[0]}") if self.international else self.digits


def region_of(country: str) -> str | None:
    """Return the region of telephone numbers of a country, or None for a country that is not known or has none."""
    code = countries.code_of(country) if country else None
    return code if code in SUPPORTED_REGIONS else None


def key(text: str, region: str | None = None) -> str:
    return read_number(text, region).key


def read_number(text: str, region: str | None = None) -> Telephone:
    """Read a number. `region` is the country of its owner, which a number with a country code does not need."""
    if len(text) > LONGEST:
        return Telephone(digits=digits_of(simplified(text)), plus=simplified(text[:LONGEST]).lstrip().startswith("+"))
    return _read(text, region if region in SUPPORTED_REGIONS else None)


@lru_cache(maxsize=_KEPT)
def _read(text: str, region: str | None) -> Telephone:
    if PLAIN.fullmatch(text):
        number = _read_plain(text, region, alone=True)
        numbers = [] if number.possible else written_numbers(text) or halves(text) or _with_other_endings(text, region)
    elif is_shortened(text):
        return Telephone()
    else:
        number = _read_written(text, region)
        numbers = [] if number.alone and number.possible else written_numbers(text)
    return _first_of(numbers, region) if numbers else number


def _read_written(text: str, region: str | None) -> Telephone:
    written = find_number(text)
    number = _read_plain(written.number, region, alone=written.is_alone)
    return number._replace(mistyped=True) if written.is_mistyped else number


def _with_other_endings(text: str, region: str | None) -> list[str]:
    """Return the numbers of a text such as 020 7946 0001/0002, of which only the first is written whole."""
    first, slash, rest = text.partition("/")
    is_whole = region and slash and rest and _read_written(first, region).possible
    return [first] if is_whole else []


def _first_of(numbers: Sequence[str], region: str | None) -> Telephone:
    """Return the first number that is possible, or the first one."""
    read_ones = [_read_written(text, region) for text in numbers]
    return next((number for number in read_ones if number.possible), read_ones[0])._replace(alone=False, several=True)


def parse(text: str, region: str | None = None) -> PhoneNumber | None:
    """Return the number for the functions of phonenumbers, or None where its country is not known."""
    number = read_number(text, region)
    return phonenumbers.parse(number.international) if number.international else None


def unclear_in(text: str, region: str | None = None) -> str | None:
    """Return why it is not clear which number the text means, to complete a sentence about it, or None."""
    if is_shortened(text):
        return LOST_DIGITS
    number = read_number(text, region)
    if number.several:
        return HOLDS_SEVERAL
    return HAS_LETTERS if number.mistyped else None


def fault_of(text: str, region: str | None = None) -> str | None:
    """Return why the text cannot be a telephone number, to complete a sentence about it, or None."""
    if unclear := unclear_in(text, region):
        return unclear
    number = read_number(text, region)
    if not number.alone or not number.digits or (number.plus and not number.international):
        return NO_NUMBER
    if number.international or region:
        return None if number.possible else WRONG_LENGTH
    return NO_NUMBER if len(number.digits) > MOST_DIGITS else None


def refusal_of(text: str) -> str | None:
    """Return what the sender of a text reads that no country makes a number, or None. Its country may not be known yet."""
    if unclear := unclear_in(text):
        return _SENTENCES[unclear]
    return None if any(character.isdecimal() for character in text) else NO_DIGITS


def listed_keys(text: str, region: str | None = None) -> set[str]:
    """Return the keys under which a number may be on a list, whose entries belong to no country.

    A national entry is the same number only for owners of that country. Without a country, digits are compared.
    """
    number = read_number(text, region)
    if not number.digits:
        return set()
    if not number.international:
        with_code = not number.plus and len(number.digits) >= _FEWEST_DIGITS_WITH_COUNTRY_CODE and not number.digits.startswith("0")
        return {number.key, number.digits, *([f"+{number.digits}"] if with_code else ())}
    keys = {number.international, number.international[1:]}
    if not number.plus:
        keys.add(number.digits)
    if region in SUPPORTED_REGIONS and _split(number.international[1:])[0] == _metadata(region).code:
        keys |= {*_national_forms(number), f"{_metadata(region).trunk}{number.national_digits}"}
    return keys


def looks_like(text: str) -> bool:
    """Return whether a text that is searched for is a number, or how one begins, and neither a name nor an address."""
    bare = unquoted(text[: LONGEST + 1])
    return len(bare) <= LONGEST and HAS_DIGIT.search(bare) is not None and (WRITTEN.fullmatch(bare) or SCHEME.match(bare)) is not None


def is_searchable(text: str) -> bool:
    """Return whether a text that is searched for may be a number, also one with a label or an extension, or partly in letters."""
    return looks_like(text) or ((number := read_number(text)).alone and len(number.digits) >= FEWEST_BEFORE_EXTENSION)


def beginnings(text: str) -> list[str]:
    """Return how the key of a number may begin whose first digits, or all, are these. The country of its owner is not known.

    The first ones are the number as it is written; the others read it as a national number of each country.
    """
    number = read_number(text)
    digits = number.digits
    if not digits:
        return []
    if number.plus or digits.startswith("00"):
        digits = digits.removeprefix("00")
        code, national_digits = _split(digits)
        without_trunk = f"{code}{national_digits.removeprefix(_TRUNKS.get(code, ''))}"
        written = [f"+{digits}", digits, f"+{without_trunk}", without_trunk]
        return list(dict.fromkeys([number.key, *written, *_national_forms(number)]))
    national = (f"+{code}{digits.removeprefix(trunk)}" for code, trunk in _TRUNKS.items())
    kept = [f"+{code}{digits}" for code in _KEEPING_ZERO] if digits.startswith("0") else []
    # Mobile numbers of Argentina are written otherwise at home; those of Belarus begin with 8 0.
    others = [read_number(text, "AR").international or digits, f"+375{digits.removeprefix('80')}"]
    return list(dict.fromkeys([digits, f"+{digits}", *national, *kept, *others]))


def stored_forms(key: str) -> list[str]:
    """Return the forms in which a search finds a number with this key: the key, and after an n its digits as they are dialled at home."""
    code, national = _split(key[1:]) if key.startswith("+") else ("", "")
    at_home = [f"n{national}", f"n{_TRUNKS.get(code, '')}{national}"] if national else []
    return list(dict.fromkeys([*([key] if key else []), *at_home]))


def searched_forms(text: str) -> list[str]:
    """Return how one of the stored forms of a number may begin that is searched for. These are few, unlike `beginnings`."""
    number = read_number(text)
    digits = number.digits
    if number.plus or digits.startswith("00"):
        return beginnings(text)
    if not digits:
        return []
    # Mobile numbers of Argentina are written otherwise at home; those of Belarus begin with 8 0.
    argentine = read_number(text, "AR").international
    belarusian = f"+375{digits[2:]}" if digits.startswith("80") else ""
    return list(dict.fromkeys(form for form in (digits, f"+{digits}", f"n{digits}", argentine, belarusian) if form))


@lru_cache(maxsize=_KEPT)
def _national_forms(number: Telephone) -> frozenset[str]:
    """Return the digits of an international number as they are written at home, with and without the trunk prefix."""
    national = phonenumbers.format_number(phonenumbers.parse(number.international), PhoneNumberFormat.NATIONAL) if number.possible else ""
    return frozenset({digits_of(national), number.national_digits} if national else ())


def _read_plain(text: str, region: str | None, *, alone: bool) -> Telephone:
    """Read a number of digits and punctuation.

    Where the number is too long with them, a trunk prefix in brackets and what stands after a whole number are left out.
    """
    before_plus = text.partition("+")[0]
    plus = len(before_plus) < len(text) and not digits_of(before_plus)
    number = _resolve(digits_of(text), region, plus=plus, alone=alone)
    if number.possible:
        return number
    trunk, tail = _TRUNK.search(text), _TAIL.search(text)
    if trunk and digits_of(text[: trunk.start()]):
        shorter = _resolve(digits_of(text[: trunk.start()] + text[trunk.end() :]), region, plus=plus, alone=alone)
        if shorter.possible:
            return shorter
    if tail and (shorter := _resolve(digits_of(text[: tail.start()]), region, plus=plus, alone=alone)).possible:
        return shorter if len(shorter.national_digits) >= _FEWEST_BEFORE_TAIL and _is_valid(shorter.international) else number
    return number


def _resolve(digits: str, region: str | None, *, plus: bool, alone: bool) -> Telephone:
    """Find out the country of the number: that of its code after a plus or what is dialled for it, else that of its owner."""
    if plus and not digits.startswith("0"):
        international, possible = _international(digits)
        return Telephone(international, digits, True, possible, alone)
    national, possible = _national(digits, region) if region else ("", False)
    if digits.startswith(("00", "011")) and not (possible and _is_valid(national)):
        for prefix in ("00", "011", "0011"):
            international, as_long_as_others = _international(digits.removeprefix(prefix)) if digits.startswith(prefix) else ("", False)
            # Other numbers begin with 011 too, such as those of Sheffield.
            if as_long_as_others and (prefix == "00" or _is_valid(international)):
                return Telephone(international, digits, True, True, alone)
        if digits.startswith("00") and _split(digits[2:])[0]:
            return Telephone(_international(digits[2:])[0], digits[2:], True, False, alone)
    if possible and region:
        return Telephone(national, digits, not national.startswith(f"+{_metadata(region).code}"), True, alone)
    return Telephone("", digits, False, False, alone)


def _is_valid(international: str) -> bool:
    return phonenumbers.is_valid_number(phonenumbers.parse(international))


def _has_needless_zero(code: str, national: str) -> bool:
    """Return whether only without its 0 the number is one of the country: +48 (0)22 … for +48 22 …, where nobody dials the 0 any more."""
    return len(national) - 1 in _metadata(code).lengths and not _is_valid(f"+{code}{national}") and _is_valid(f"+{code}{national[1:]}")


def _international(digits: str) -> tuple[str, bool]:
    """Return the number in E.164 and whether it is possible, or an empty text if no country has its code.

    The library parses it only where a prefix may have to go that is dialled within the country.
    """
    code, national = _split(digits)
    if not code:
        return "", False
    if code in _OLD_PREFIXES:
        national = _OLD_PREFIXES[code].sub("", national)
        digits = f"{code}{national}"
    metadata = _metadata(code)
    if metadata.prefix is None or not metadata.prefix.match(national):
        if national.startswith("0") and len(national) in metadata.lengths and _has_needless_zero(code, national):
            return f"+{code}{national[1:]}", True
        return (f"+{digits}", len(national) in metadata.lengths) if 2 <= len(national) <= 17 else ("", False)
    return _parsed(f"+{digits}", None)


def _national(digits: str, region: str) -> tuple[str, bool]:
    """Return the number of somebody in the region, in E.164, and whether it is possible. The library parses unusual ones."""
    metadata = _metadata(region)
    if old_prefix := _OLD_PREFIXES.get(metadata.code):
        digits = old_prefix.sub("", digits.removeprefix(metadata.code) if len(digits) > 2 + 10 else digits)
    if not digits.startswith(metadata.code) and not metadata.dialled.match(digits):
        match = metadata.prefix.match(digits) if metadata.prefix else None
        if match is None and len(digits) in metadata.lengths:
            return _international(f"{metadata.code}{digits}")[0], True
        simple = match is not None and metadata.prefix is not None and not metadata.prefix.groups
        if simple and match and len(digits) - match.end() in metadata.lengths and not metadata.national.fullmatch(digits):
            return _international(f"{metadata.code}{digits[match.end() :]}")[0], True
    return _parsed(digits, region)


def _parsed(number: str, region: str | None) -> tuple[str, bool]:
    """Parse a number until the prefix of its country is stripped, so that what is read from the result is the same again."""
    try:
        parsed = phonenumbers.parse(number, region)
        international = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
        # A number that is possible only within its town is too short.
        possible = phonenumbers.is_possible_number_with_reason(parsed) == ValidationResult.IS_POSSIBLE
        while (again := phonenumbers.format_number(phonenumbers.parse(international), PhoneNumberFormat.E164)) != international:
            international = again
    except NumberParseException:
        return "", False
    return international, possible


def _split(digits: str) -> tuple[str, str]:
    """Split off the country code, which is empty if there is none. No code is the beginning of another."""
    length = next((length for length in (1, 2, 3) if digits[:length] in _MAIN_REGIONS), 0)
    return digits[:length], digits[length:]


class _Metadata(NamedTuple):
    """The numbering plan of a region: how its numbers begin at home, what is dialled there for abroad, and possible lengths."""

    code: str
    trunk: str
    prefix: re.Pattern[str] | None
    dialled: re.Pattern[str]
    national: re.Pattern[str]
    lengths: frozenset[int]


@cache
def _metadata(region_or_code: str) -> _Metadata:
    """Return the facts about a region, or about the main region of a country code."""
    code = {str(code): code for code in COUNTRY_CODE_TO_REGION_CODE}.get(region_or_code) or country_code_for_region(region_or_code)
    found = PhoneMetadata.metadata_for_region_or_calling_code(code, _MAIN_REGIONS.get(region_or_code, region_or_code))
    assert found is not None
    assert found.general_desc is not None
    prefix, description = found.national_prefix_for_parsing, found.general_desc
    return _Metadata(
        code=str(code),
        trunk=found.national_prefix or "",
        prefix=re.compile(prefix) if prefix else None,
        dialled=re.compile(found.international_prefix or "(?!)"),
        national=re.compile(description.national_number_pattern or "(?!)"),
        lengths=frozenset(description.possible_length),
    )
