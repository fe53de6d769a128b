"""The formats of postcodes in the United Kingdom, the United States and Canada."""

import re
from collections.abc import Callable
from dataclasses import dataclass

LONGEST = 20

# The United Kingdom: area and district, then a digit and two letters of the street.
_PARTS = re.compile(r"([A-Z]{1,2})([0-9]{1,2})([A-Z]?)([0-9][ABD-HJLNP-UW-Z]{2})")
_FORCES = re.compile(r"BFPO(?:C/O)?[1-9][0-9]{0,3}")
_GIROBANK = "GIR0AA"

_AREAS = """
    AB AL B BA BB BD BF BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY G GL GU GY
    HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR
    RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE
"""
AREAS = frozenset(_AREAS.split())
ONE_DIGIT = frozenset(("BF", "BR", "FY", "HA", "HD", "HG", "HR", "HS", "HX", "JE", "LD", "SM", "SR", "WC", "WN", "ZE"))
TWO_DIGITS = frozenset(("AB", "LL", "SO"))
WITH_ZERO = frozenset(("BL", "BS", "CM", "CR", "FY", "HA", "PR", "SL", "SS"))
WITH_LETTER = {
    "E1": "W", "N1": "CP", "NW1": "W", "SE1": "P", "EC1": "AMNPRVY", "EC2": "AMNPRVY", "EC3": "AMNPRV", "EC4": "AMNPRVY",
    "SW1": "AEHPVWXY", "W1": "ABCDEFGHJKSTUW", "WC1": "ABEHNRVX", "WC2": "ABEHNR",
}  # fmt: skip
"""The districts of central London that are divided further by a letter. All districts of EC and WC are."""
_ONLY_WITH_LETTER = frozenset(("EC", "WC"))

_CANADA = re.compile(r"[ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z][0-9][ABCEGHJ-NPRSTV-Z][0-9]")
_STATES = re.compile(r"([0-9]{5})(?:-?[0-9]{4})?")
_FIRST_ZIP = "00501"
"""The lowest ZIP code that was ever given out."""


def is_british(code: str) -> bool:
    if code == _GIROBANK or _FORCES.fullmatch(code):
        return True
    match = _PARTS.fullmatch(code)
    return match is not None and _is_district(*match.group(1, 2, 3))


def _is_district(area: str, number: str, letter: str) -> bool:
    if area not in AREAS:
        return False
    if letter:
        return letter in WITH_LETTER.get(f"{area}{number}", "")
    if number.startswith("0"):
        return number == "0" and area in WITH_ZERO
    return area not in _ONLY_WITH_LETTER and area not in (TWO_DIGITS if len(number) == 1 else ONE_DIGIT)


def is_american(code: str) -> bool:
    match = _STATES.fullmatch(code)
    return match is not None and match[1] >= _FIRST_ZIP


def is_canadian(code: str) -> bool:
    return _CANADA.fullmatch(code) is not None


@dataclass(frozen=True, slots=True)
class Country:
    """A country's format of postcodes.

    `regions` are those that use the format. `is_well_formed` gets a code in capitals without spaces.
    """

    name: str
    postcode: str
    example: str
    regions: frozenset[str]
    is_well_formed: Callable[[str], bool]


COUNTRIES = {
    "GB": Country("the United Kingdom", "postcode", "SW1A 1AA", frozenset(("GB", "GG", "IM", "JE")), is_british),
    "US": Country("the United States", "ZIP code", "90210 or 90210-1234", frozenset(("US", "AS", "GU", "MP", "PR", "VI")), is_american),
    "CA": Country("Canada", "postal code", "K1A 0B1", frozenset(("CA",)), is_canadian),
}
_BY_REGION = {region: country for country in COUNTRIES.values() for region in country.regions}


def country_of(region: str | None) -> Country | None:
    """Return the format for a region, or None if it is not known."""
    return _BY_REGION.get(region or "")


def is_postcode(text: str, country: Country) -> bool:
    """Return whether the text is a postcode of the country, whatever its spaces and case."""
    if len(text) > LONGEST * 2:
        return False
    code = "".join(text.split()).upper()
    return len(code) <= LONGEST and code.isascii() and country.is_well_formed(code)
