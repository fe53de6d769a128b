"""Telephone numbers: spellings of one number are equal, and texts that are no number are refused with the reason."""

from collections.abc import Iterator

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from phonenumbers import NumberParseException, PhoneNumberFormat

from leads.values import telephones

LONDON = "+442079460001"
WITH_COUNTRY_CODE = [
    # plus and country code
    "+44 20 7946 0001", "(+44) 20 7946 0001", "[+44] 20 7946 0001", "+ 44 20 7946 0001", "++44 20 7946 0001", "＋44 20 7946 0001",
    "⁺44 20 7946 0001", "+0044 20 7946 0001", "+(44) 20-7946-0001", "00 44 20 7946 0001", "(0044) 20 7946 0001", "011 44 20 7946 0001",
    "0011-44-20-7946-0001", "\u200e+44 20 7946 0001", "\ufeff+442079460001",
    # trunk prefix
    "+44 (0)20 7946 0001", "+44 (0) 20 7946 0001", "+44 [0] 20 7946 0001", "0044 (0)20 7946 0001", "+44 020 7946 0001",
    # signs
    "+44.20.7946.0001", "+44/20/7946/0001", "+44–20–7946–0001", "+44 20‑7946‑0001", "+44−20−7946−0001", "+44（20）7946ー0001",
    "+44·20·7946·0001", "+44~20~79460001", "+44\u00a020\u202f7946\u30000001", "+44\t20\n7946 0001", "+44\u200b20\u20607946\u00ad0001",
    "\u202a+44 20 7946 0001\u202c", "\u2066+44\u2069 20 7946 0001", "\u202e+44 20 7946 0001",
    # digits
    "＋４４２０７９４６０００１", "+٤٤٢٠٧٩٤٦٠٠٠١", "+۴۴۲۰۷۹۴۶۰۰۰۱", "+४४ २० ७९४६ ०००१", "+4\ufe0f\u20e34\ufe0f\u20e32079460001",
    # spreadsheets
    "'+44 20 7946 0001", "’+442079460001", "=\"+442079460001\"", "\"+44 20 7946 0001\"", "«+44 20 7946 0001»", "+442079460001.0", "+442079460001,00",
    # URIs
    "tel:+442079460001", "TEL:+44-20-7946-0001", "tel:%2B442079460001", "tel:+44-20-7946-0001;ext=12", "tel:7946-0001;phone-context=+44-20",
    "tel:+44-20-7946-0001;isub=1411;ext=12", "callto:+442079460001", "sms://+442079460001", "fax:+442079460001",
    # labels
    "Tel.: +44 20 7946 0001", "T +44 20 7946 0001", "Phone: +44 20 7946 0001", "Téléphone : +44 20 7946 0001", "Móvil +44 20 7946 0001",
    "Тел. +44 20 7946 0001", "電話：+44 20 7946 0001",
    # notes
    "+44 20 7946 0001 (office)", "+44 20 7946 0001 [mobile]", "(work) +44 20 7946 0001", "+44 20 7946 0001 home", "+44 20 7946 0001 - Mobile",
    "Büro: +44 20 7946 0001", "+44 20 7946 0001 (privat)", "+44 20 7946 0001, trabajo", "+44 20 7946 0001 (раб.)", "+44 20 7946 0001（自宅）",
    "+44 20 7946 0001 (ask for Ann)", "mobile +44 20 7946 0001 (evening)", "+44 20 7946 0001 (office) ext. 12",
    # extensions
    "+44 20 7946 0001 ext 12", "+44 20 7946 0001 Ext. 12", "+44 20 7946 0001ext12", "+44 20 7946 0001 x12", "+44 20 7946 0001 × 12",
    "+44 20 7946 0001 #12", "+44 20 7946 0001 ＃12", "+44 20 7946 0001 (ext. 12)", "+44 20 7946 0001, extension 12", "+44 20 7946 0001,,12",
    "+44 20 7946 0001;12", "+44 20 7946 0001 Durchwahl 12", "+44 20 7946 0001 DW-12", "+44 20 7946 0001 Nebenstelle 12",
    "+44 20 7946 0001 Klappe 12", "+44 20 7946 0001 poste 12", "+44 20 7946 0001 extensión 12", "+44 20 7946 0001 ramal 12",
    "+44 20 7946 0001 interno 12", "+44 20 7946 0001 int. 12", "+44 20 7946 0001 toestel 12", "+44 20 7946 0001 wewn. 12",
    "+44 20 7946 0001 opt. 2", "+44 20 7946 0001 option 2", "+44 20 7946 0001, opción 3", "+44 20 7946 0001 (press 2)", "+44 20 7946 0001 #2",
    "+44 20 7946 0001 Auswahl 1", "+44 20 7946 0001 доб. 12", "+44 20 7946 0001 内線12", "+44 20 7946 0001 分机12", "+44 20 7946 0001 내선 12", "+44 20 7946 0001 dahili 12",
]  # fmt: skip
AT_HOME = [
    "020 7946 0001", "(020) 7946 0001", "(020)79460001", "(0)20 7946 0001", "0 20 7946 0001", "020-7946-0001", "020/79460001", "020 7946 0001 ext 4",
    "2079460001", "20 7946 0001", "442079460001", "44 20 7946 0001", "0044 20 7946 0001", "+02079460001", "442079460001.0",
    "\u202d020 7946 0001\u202c", "０２０－７９４６－０００１", "٠٢٠ ٧٩٤٦ ٠٠٠١", "'02079460001", "tel:020-7946-0001", "020\u00a07946\u00a00001",
]  # fmt: skip


@pytest.mark.parametrize("region", [None, "GB", "DE", "US", "AU", "JP"])
def test_a_number_with_its_country_code_is_one_number_however_it_is_written_and_whoever_owns_it(region):
    read = {text: telephones.read_number(text, region) for text in WITH_COUNTRY_CODE}
    assert {text: n for text, n in read.items() if (n.key, n.possible, n.alone) != (LONDON, True, True)} == {}
    assert [text for text in WITH_COUNTRY_CODE if telephones.fault_of(text, region)] == []


def test_a_national_number_is_that_of_its_owners_country():
    read = {text: telephones.read_number(text, "GB") for text in AT_HOME}
    assert {text: n for text, n in read.items() if (n.key, n.possible, n.alone) != (LONDON, True, True)} == {}
    assert [text for text in AT_HOME if telephones.fault_of(text, "GB")] == []


@pytest.mark.parametrize(
    ("text", "region", "key"),
    [
        ("(212) 555-0100", "US", "+12125550100"), ("1 212 555 0100", "US", "+12125550100"), ("1-800-FLOWERS", "US", "+18003569377"),
        ("+1 800 FLOWERS", None, "+18003569377"), ("1 (650) 253-CASH", "US", "+16502532274"), ("0011 44 20 7946 0001", "AU", LONDON),
        ("010 44 20 7946 0001", "JP", LONDON), ("0044 20 7946 0001", "US", LONDON), ("8 (495) 123-45-67", "RU", "+74951234567"),
        ("+7 (8) 495 123-45-67", None, "+74951234567"), ("06 1 234 5678", "HU", "+3612345678"), ("+36 (06) 1 234 5678", None, "+3612345678"),
        ("06 698 12345", "IT", "+390669812345"), ("+39 (0)6 698 12345", None, "+390669812345"), ("+34 (0)91 123 45 67", None, "+34911234567"),
        ("+54 11 15 2345 6789", None, "+5491123456789"), ("0114 420 7946", "GB", "+441144207946"), ("03-1234-5678", "JP", "+81312345678"),
        ("01 42 68 53 00", "FR", "+33142685300"), ("0664 1234567", "AT", "+436641234567"), ("+800 1234 5678", None, "+80012345678"),
        ("+44 1481 700 000", "GG", "+441481700000"), ("+44 20 7946 0001 / +44 7700 900123", None, LONDON), ("+44 20 7946 0001 (home)", None, LONDON),
        ("020 7946 0001 or 07700 900123", "GB", LONDON), ("my number is +44 20 7946 0001, call after 6", None, LONDON),
    ],
)  # fmt: skip
def test_each_country_has_prefixes_of_its_own(text, region, key):
    assert telephones.key(text, region) == key


@pytest.mark.parametrize(
    ("text", "region", "key"),
    [
        ("020 7946 0001", None, "02079460001"), ("504-621-8927", None, "5046218927"), ("0114 420 7946", None, "01144207946"), ("00 44", None, "+44"), ("00 00", None, "0000"),
        ("٠٢", None, "02"), ("442079460001", None, "442079460001"), ("1-800-FLOWERS", None, "18003569377"), ("504-621-8927", "AD", "5046218927"),
        ("+999 123 456", None, "+999123456"), ("+1 5", None, "+15"), ("none", None, ""), ("+", None, ""), ("", "GB", ""), ("²", None, ""),
        ("020 7946 0001 (home, after 6)", None, "02079460001"), ("order 12345678 please", None, "12345678"),
    ],
)  # fmt: skip
def test_where_no_country_is_known_the_digits_are_compared(text, region, key):
    assert telephones.key(text, region) == key


@pytest.mark.parametrize(
    "text",
    [
        "4.47912E+11", "4,47912E+11", "4.47912e11", "4.47912E11", "4E+11", "'4.47912E+11", "=\"4.47912E+11\"", "+4.47912E+11", "-4.47912E+11",
        "４.４７９１２Ｅ＋１１", "٤٫٤٧٩١٢E+١١", "4.47912E 11", " 4.47912 E+11 ", "4.47912x10^11", "4,47912 × 10^11", "4·47912E+11", "4.E+11",
        "\u202a4.47912E+11\u202c", "4.47912E+011", "4.479E+1", "-4.42079460001E11", "4.42079460001E12",
    ],
)  # fmt: skip
def test_what_a_spreadsheet_has_shortened_is_no_number(text):
    assert telephones.is_shortened(text)
    assert telephones.fault_of(text, "GB") == telephones.LOST_DIGITS
    assert (telephones.key(text), telephones.listed_keys(text), telephones.beginnings(text)) == ("", set(), [])


@pytest.mark.parametrize(
    "text",
    [
        "447912345678", "+44 7912 345678", "4.47912", "447912345678.0", "4.47912345678E11", "+4,47912345678e+11", "E11",
        "020 7946 0001 e 5", "1e", "", "4 47912 11",
    ],
)  # fmt: skip
def test_other_numbers_are_not_taken_for_shortened_ones(text):
    assert not telephones.is_shortened(text)


@pytest.mark.parametrize(
    ("text", "region", "fault"),
    [
        ("+44 20 7946", None, telephones.WRONG_LENGTH), ("+44 20 7946 0001 0001 00", None, telephones.WRONG_LENGTH),
        ("504-621-8927", "AD", telephones.WRONG_LENGTH), ("+999 504 621 8927", None, telephones.NO_NUMBER), ("n/a", None, telephones.NO_NUMBER),
        ("call me", "GB", telephones.NO_NUMBER), ("020x7946", None, telephones.NO_NUMBER), ("order 12345678 please", None, telephones.NO_NUMBER),
        ("020 7946 0001 or 020 7946 0002", "GB", telephones.HOLDS_SEVERAL), ("020 7946 0001 (home)", "GB", None),
        ("020 7946 O001", "GB", telephones.HAS_LETTERS), ("020 7946 0001/2", "GB", telephones.HOLDS_SEVERAL),
        ("1234567890123456", None, telephones.NO_NUMBER), ("+44 " * 200, None, telephones.NO_NUMBER), ("", None, telephones.NO_NUMBER),
    ],
)  # fmt: skip
def test_a_fault_says_what_is_wrong(text, region, fault):
    assert telephones.fault_of(text, region) == fault


SEVERAL = [
    "020 7946 0001 / 020 7946 0002", "020 7946 0001/020 7946 0002", "020 7946 0001\n020 7946 0002", "020 7946 0001\r\n+44 7700 900123",
    "020 7946 0001; 020 7946 0002", "020 7946 0001;020 7946 0002", "020 7946 0001, 07700 900123", "020 7946 0001 | 07700900123",
    "020 7946 0001 or 020 7946 0002", "020 7946 0001 OR +447700900123", "020 7946 0001 and 07700 900123", "020 7946 0001 & 07700 900123",
    "020 7946 0001 oder 07700 900123", "020 7946 0001 ou 07700 900123", "020 7946 0001 y 07700 900123", "020 7946 0001 o 07700 900123",
    "020 7946 0001 или 07700 900123", "020 7946 0001、07700900123", "020 7946 0001 + 44 7700 900123", "+442079460001+447700900123",
    "02079460001 02079460002", "020 7946 0001 020 7946 0002", "Tel: 020 7946 0001 / Mob: 07700 900123", "020 7946 0001 (office) / 07700 900123 (mobile)",
    "020 7946 0001／020 7946 0002", "０２０７９４６０００１／０２０７９４６０００２",
]  # fmt: skip


def test_several_numbers_are_not_read_as_one_and_the_first_is_what_is_compared():
    read = {text: telephones.read_number(text, "GB") for text in SEVERAL}
    assert {text: n for text, n in read.items() if (n.key, n.several, n.alone) != (LONDON, True, False)} == {}
    assert {telephones.refusal_of(text) for text in SEVERAL} == {telephones.SEVERAL}
    assert {telephones.fault_of(text, "GB") for text in SEVERAL} == {telephones.HOLDS_SEVERAL}


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("030/1234567", "DE"), ("0171 / 1234567", "DE"), ("+49 2041/1234567", None), ("0049 2041/1234567", None), ("0043 664/1234567", "AT"),
        ("+44/20/7946/0001", None), ("020\n7946 0001", "GB"), ("(020)\n79460001", "GB"), ("+44 20 7946 0001;ext=12", None), ("tel:+44-20-7946-0001;ext=1234567", None),
        ("020 7946 0001,,12", "GB"), ("02/123 45 67", "BE"), ("+32 (0)2/123.45.67", None), ("01 42 68 53 00", "FR"), ("0664 / 123 45 67", "AT"),
        ("1-800-FLOWERS", "US"), ("020 7946 0001 or", "GB"), ("06-12345678", "NL"), ("+1 212 555 0100 x 1234567", None), ("031 123 45 67", "CH"),
    ],
)  # fmt: skip
def test_one_number_with_signs_between_its_parts_is_one(text, region):
    assert not telephones.read_number(text, region).several
    assert telephones.refusal_of(text) is None


MISTYPED = [
    "O20 7946 0001", "o20 7946 0001", "02O 7946 0001", "020 7946 OOO1", "020 7946 00O1", "020 7946 000l", "020 7946 000I", "020 7946 000i",
    "+44 2O 7946 0001", "+44 20 7946 O001", "(O20) 7946 0001", "020-7946-OO01", "O2O 7946 OOO1", "020 7946 0O01 ext 4", "Tel. 02O 7946 0001",
    "02О 7946 0001", "02Ο 7946 0001", "０２Ｏ ７９４６ ０００１", "020 7946 OO Ol", "020 7946 0oo1", "02O7946OOO1", "020 7946 000ӏ",
]  # fmt: skip


def test_a_letter_in_the_place_of_a_digit_is_refused_and_never_taken_for_a_key_of_the_keypad():
    read = {text: telephones.read_number(text, "GB") for text in MISTYPED}
    assert {text: n for text, n in read.items() if (n.key, n.mistyped, n.alone) != (LONDON, True, False)} == {}
    assert {telephones.refusal_of(text) for text in MISTYPED} == {telephones.MISTYPED}
    assert {telephones.fault_of(text, "GB") for text in MISTYPED} == {telephones.HAS_LETTERS}
    assert telephones.read_number("1-8OO-FLOWERS", "US").mistyped


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("1-800-FLOWERS", "+18003569377"), ("1 800 OIL LILI", "+18006455454"), ("1-800-GO-FEDEX", "+18004633339"), ("1-888-HELLO-12", "+18884355612"),
        ("1-800-4-LOCAL1", "+18004562251"), ("+1 877 COLLEGE", "+18772655343"), ("1-800-COLLOIL", "+18002655645"),
    ],
)  # fmt: skip
def test_words_stay_words(text, key):
    number = telephones.read_number(text, "US")
    assert (number.key, number.mistyped, telephones.refusal_of(text)) == (key, False, None)


@pytest.mark.parametrize(
    ("key", "region", "spellings"),
    [
        ("+525512345678", "MX", (
            "+52 55 1234 5678", "+52 1 55 1234 5678", "+5215512345678", "0052 1 55 1234 5678", "52 1 55 1234 5678", "1 55 1234 5678", "55 1234 5678",
            "044 55 1234 5678", "045 55 1234 5678", "01 55 1234 5678", "(55) 1234-5678", "525512345678", "+52 (1) 55 1234 5678", "+52-1-55-1234-5678",
        )),
        ("+5491123456789", "AR", (
            "+54 9 11 2345 6789", "+54 11 15 2345 6789", "011 15 2345 6789", "+54 9 (11) 2345-6789", "9 11 2345 6789", "0054 9 11 2345 6789",
            "11 15 2345 6789", "+5491123456789", "54 9 11 2345 6789",
        )),
        ("+12125550100", "US", ("2125550100.0", "12125550100.0", "2125550100.00", "+12125550100.0", "(212) 555-0100", "2125550100,0")),
    ],
)  # fmt: skip
def test_a_number_is_one_in_the_plans_of_yesterday_and_out_of_a_spreadsheet(key, region, spellings):
    assert {text: n for text in spellings if (n := telephones.read_number(text, region)).key != key or not n.possible} == {}
    abroad = [text for text in spellings if text.startswith("+")]
    assert {telephones.key(text) for text in abroad} == {key}


@pytest.mark.parametrize(
    ("key", "region", "spellings"),
    [
        ("+48221234567", "PL", ("+48 (0)22 123 45 67", "+48 (0-22) 123 45 67", "(0-22) 123 45 67", "0-22 123-45-67", "022 123 45 67", "+48 022 1234567")),
        ("+393471234567", "IT", ("+39 (0) 347 1234567", "+39 0347 1234567", "0347/1234567", "347 123 45 67")),
        ("+390669883712", "IT", ("+39 (0)6 69883712", "06 69883712", "+39 06-698 83712")),
        ("+420602123456", "CZ", ("+420 (0) 602 123 456", "0602 123 456", "00420 0602 123456")),
        ("+302101234567", "GR", ("+30 (0) 210 1234567", "+30 0210 1234567")),
        ("+85251234567", "HK", ("+852 (0) 5123 4567",)),
        ("+352621123456", "LU", ("+352 (0) 621 123 456", "+352/0621.123.456")),
        ("+12125550143", "US", ("212 555 0143 (204)", "+1 (212) 555-0143 [204]", "212-555-0143-204", "(212) 555-0143 - 22")),
        ("+442079460000", "GB", ("020 7946 0000-9", "+44 20 7946 0000-15", "020 7946 0000 (12)")),
        ("+447700900123", "GB", ("447,700,900,123", "+447,700,900,123", "UK +44 7700 900123", "UK: +44 7700 900123", "gbr. +44 7700 900123")),
        ("+447700900123", "GB", ("☎ 07700 900123", "📞+44 7700 900123", "07700 900123 ✆", "📱 07700 900123", "07700 900123 (after 5pm)")),
        ("+442079460123", "GB", ("020 7946 0123 DDI", "020 7946 0123 (DDI)", "020 7946 0123 ex 12", "020 7946 0123 extention 12", "020 7946 0123 switchboard")),
        ("+491715550142", "DE", ("0171 5550142 (bitte nach 18 Uhr)", "0171/5550142 (Mo-Fr 9-17)")),
        ("+4930901820", "DE", ("030 901820 App. 12", "030 901820 Apparat 12", "030 901820 / App 12", "030 901820 (Zentrale)", "Zentrale: 030 901820")),
        ("+63281234567", "PH", ("(02) 8123 4567 loc. 12", "(02) 8123-4567 local 12")),
        ("+6621234567", "TH", ("02-123-4567 ต่อ 12", "02 123 4567 ต่อ12")),
        ("+862162888888", "CN", ("(021) 6288-8888转801", "021-62888888 轉 801")),
        ("+551134567890", "BR", ("0xx11 3456-7890", "(0xx11) 3456-7890", "+55 (0XX11) 3456 7890")),
        ("+74951234567", "RU", ("8 (495) 123-45-67 добавочный 12", "8 495 123-45-67 рабочий", "рабочий: +7 495 123-45-67")),
        ("+46701234567", "SE", ("070-123 45 67 vx", "växel 070-123 45 67")),
    ],
)  # fmt: skip
def test_a_number_is_read_without_a_needless_zero_and_without_what_stands_beside_it(key, region, spellings):
    assert {text: n for text in spellings if (n := telephones.read_number(text, region)).key != key} == {}
    assert {text: fault for text in spellings if (fault := telephones.fault_of(text, region))} == {}


def test_a_number_with_digits_too_many_is_no_shorter_one():
    faults = {
        text: telephones.fault_of(text, region)
        for text, region in (("+44 7700-900-12345", "GB"), ("504-621-8927", "AD"), ("06 12 34 56 78-9123", "FR"))
    }
    assert set(faults.values()) == {telephones.WRONG_LENGTH}


@pytest.mark.parametrize(
    ("number", "region", "keys"),
    [
        ("+44 20 7946 0001", None, {LONDON, "442079460001"}),
        ("+44 20 7946 0001", "GB", {LONDON, "442079460001", "02079460001", "2079460001"}),
        ("020 7946 0001", "GB", {LONDON, "442079460001", "02079460001", "2079460001"}),
        ("+44 20 7946 0001", "IE", {LONDON, "442079460001"}),
        ("020 7946 0001", None, {"02079460001"}),
        ("442079460001", None, {LONDON, "442079460001"}),
        ("212 555 0100", None, {"2125550100"}),
        ("8 495 123 45 67", "RU", {"+74951234567", "74951234567", "84951234567", "4951234567"}),
        ("none", "GB", set()),
    ],
)
def test_a_number_is_on_a_list_as_it_is_written_abroad_and_where_its_country_is_known_at_home(number, region, keys):
    assert telephones.listed_keys(number, region) == keys


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("020 79", LONDON), ("(020) 7946-0001", LONDON), ("20 7946", LONDON), ("+44 20", LONDON), ("0044 20 79", LONDON), ("+44 (0)20 7946", LONDON),
        ("4420", LONDON), ("tel:+44-20-7946", LONDON), ("٠٢٠ ٧٩", LONDON), ("+44 20 7946 0001", "02079460001"), ("+44 20 7946 0001", "442079460001"),
        ("212 555", "+12125550100"), ("1 212", "+12125550100"), ("06 698", "+390669812345"), ("8 495", "+74951234567"), ("06 1 23", "+3612345678"),
        ("1-800-FLOWERS", "+18003569377"), ("504", "5046218927"), ("612 34", "+34612345678"), ("0612", "0612"),
    ],
)  # fmt: skip
def test_a_search_finds_a_number_in_another_spelling(text, stored):
    assert any(stored.startswith(beginning) for beginning in telephones.beginnings(text))
    assert is_searched_by(text, stored)
    assert telephones.is_searchable(text)


@pytest.mark.parametrize(
    ("text", "number"), [("020 7946", "+4930901820"), ("+44 20", "+4930901820"), ("+44 20", "+442179460001"), ("0044", "+1440")]
)
def test_a_search_finds_no_other_number(text, number):
    assert not any(number.startswith(beginning) for beginning in telephones.beginnings(text))
    assert not is_searched_by(text, number)


@pytest.mark.parametrize(
    "text", ["Jo Nunez", "jo@example.com", "12ab@", "12345abc", "3M Smith", "", "+", "Müller 2", "p123", "m1234567", "12345x6"]
)
def test_names_and_addresses_are_not_taken_for_numbers_alone(text):
    assert not telephones.looks_like(text)


@pytest.mark.parametrize(
    ("country", "region"), [("Deutschland", "DE"), ("gbr", "GB"), ("Jersey", "JE"), ("Antarctica", None), ("Atlantis", None), ("", None)]
)
def test_the_region_is_that_of_a_country_with_telephones(country, region):
    assert telephones.region_of(country) == region


REGIONS = st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS))
DIGITS = st.text("0123456789", min_size=3, max_size=14)


def is_searched_by(text: str, key: str) -> bool:
    return any(stored.startswith(beginning) for stored in telephones.stored_forms(key) for beginning in telephones.searched_forms(text))


def numbers_of_each_country() -> Iterator[tuple[str, phonenumbers.PhoneNumber]]:
    """A region and a number, for each kind of numbers that it has given out."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in range(11):
            if number := phonenumbers.example_number_for_type(region, kind):
                yield region, number


def test_every_countrys_numbers_are_one_in_all_their_formats_and_are_found_by_each():
    for region, number in numbers_of_each_country():
        key = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        for form in (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.RFC3966, PhoneNumberFormat.NATIONAL):
            text = phonenumbers.format_number(number, form)
            assert telephones.key(text, region) == key, text
            assert any(key.startswith(beginning) for beginning in telephones.beginnings(text)), text
            assert is_searched_by(text, key), text
        assert telephones.listed_keys(key, region) >= telephones.listed_keys(key)


@given(prefix=st.sampled_from(["", "0", "00", "8", "1", "+", "+44", "+39", "+1"]), digits=DIGITS, region=st.none() | REGIONS)
@example(prefix="0", digits="46602129062", region=None)
@example(prefix="", digits="0913465", region="JE")
def test_the_short_way_reads_what_the_library_reads(prefix, digits, region):
    text = f"{prefix}{digits}"
    number = telephones.read_number(text, region)
    assert telephones.key(number.key) == number.key, "read again it is the same"
    if not number.possible or prefix in ("0", "00", "8", "1") or digits.startswith("0") or (not prefix and region is None):
        return
    try:
        parsed = phonenumbers.parse(text, region)
    except NumberParseException:
        assert not number.international
    else:
        if parsed.italian_leading_zero:
            return  # a 0 that nobody dials any more is left out, which the library does not do
        assert number.international == phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
        assert number.possible == phonenumbers.is_possible_number(parsed)


@given(text=st.text(max_size=60) | st.text("+0123456789 ()-x;,.eE'tel:extab\u202a\uff10", max_size=60), region=st.none() | REGIONS)
def test_whatever_is_written_the_key_is_digits_and_reading_it_again_changes_nothing(text, region):
    key = telephones.key(text, region)
    assert key.isascii()
    assert key.removeprefix("+").isdigit() or key == ""
    assert telephones.key(key) == key
    telephones.fault_of(text, region), telephones.listed_keys(text, region), telephones.beginnings(text), telephones.is_searchable(text)
