"""Forms of texts: which are equal, which a search finds, and which are blank."""

import sys
import time
import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from leads.values import texts
from tests.processr.jobs.asking import TEXT

ANY = st.one_of(
    TEXT,
    st.text(),
    st.text(st.sampled_from("aIi\u0307\u0301\u0328\u034f\u0345\u00df\u0130\u0149'’ʼ-–‐ \u00a0\u200b\u200d\u3099かがカｶﾞйё\u0654ا")),
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme", "ACME"), (" Acme\t", "acme"), ("Straße", "STRASSE"), ("e\u0301te\u0301", "ÉTÉ"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("\u00a0Acme\u2003", "acme"),
        ("Acme  Inc", "acme inc"), ("New\u202fYork", "new york"), ("Kuala\u3000Lumpur", "kuala lumpur"), ("two\r\nlines", "two lines"),
        ("L’Oréal", "L'ORÉAL"), ("Oʼahu", "o'ahu"), ("Guns N‘ Roses", "guns n' roses"), ("O´Neil", "o'neil"), ("D＇Arcy", "d'arcy"),
        ("Jean‐Luc", "jean-luc"), ("Jean‑Luc", "jean-luc"), ("2019–2020", "2019-2020"), ("בן־גוריון", "בן-גוריון"), ("−5", "-5"), ("Ｊ－Ｄ", "ｊ-ｄ"),
        ("Ac\u00adme", "acme"), ("\u200fשלום\u200e", "שלום"), ("می\u200cخواهم", "میخواهم"), ("\ufeffid", "ID"), ("John\u3164Smith", "john smith"), ("a\u2800b", "a b"),
        ("İzmir", "izmir"), ("I\u0307zmir", "IZMIR"), ("が", "か\u3099"), ("क\u093c", "\u0958"), ("한글", "\u1112\u1161\u11ab\u1100\u1173\u11af"), ("葛\U000e0100", "葛"),
        ("“Acme” Ltd", '"Acme" Ltd'), ("„Adler“ GmbH", '"ADLER" GmbH'), ("5″ disks", '5" disks'), ("＂Ya＂", '"ya"'), ("‟x”", '"x"'),
        ("\u1e9e", "ss"), ("Ǆ", "ǆ"), ("Å", "\u212b"),
    ],
)  # fmt: skip
def test_texts_that_are_one(one, other):
    assert texts.fold(one) == texts.fold(other)
    assert texts.fold_accents(one) == texts.fold_accents(other), "what is one text is found as one"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme", "Acmé"), ("Acme.", "Acme"), ("ａ", "a"), ("か", "が"), ("は", "ぱ"), ("ア", "あ"), ("и", "й"), ("е", "ё"), ("и", "ї"), ("ø", "o"),
        ("क", "कि"), ("ड", "ड़"), ("Smith Jones", "SmithJones"), ("a-b", "a b"), ("o'neil", "oneil"), ("ไม", "ไม้"), ("é", "è"), ("ı", "i"), ("«Acme»", '"Acme"'), ("''Acme''", '"Acme"'), ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🏴"),
    ],
)  # fmt: skip
def test_texts_that_are_others(one, other):
    assert texts.fold(one) != texts.fold(other)


@pytest.mark.parametrize(
    ("written", "found_as"),
    [
        ("José  NÚÑEZ", "jose nunez"), ("Straße", "strasse"), ("  a\t b ", "a b"), ("İpek", "ipek"), ("ışık", "isik"), ("東京", "東京"), ("\u00c5", "a"), ("ﬁ", "fi"),
        ("Łódź", "lodz"), ("Søren Kierkegård", "soren kierkegard"), ("Đặng", "dang"), ("Ħamrun", "hamrun"), ("Guðrún Þórsdóttir", "gudrun thorsdottir"), ("Æsa œuvre", "aesa oeuvre"),
        ("ƁƊ Ƙ", "bd k"), ("Nguyễn", "nguyen"), ("Ǿ", "o"), ("ｊｏｓｅ", "jose"), ("𝐀nna", "anna"), ("Ελένη", "ελενη"), ("ΐ", "ι"),
        ("が", "が"), ("か\u3099", "が"), ("ｶﾞ", "ガ"), ("か゛", "が"), ("パリ", "パリ"), ("ﾊﾟﾘ", "パリ"),
        ("कि", "कि"), ("फ़िल्म", "फ\u093cिल्म"), ("ড়", "ড\u09bc"), ("ශ්‍රී", "ශ්රී"), ("กิ่ง", "กิ่ง"),
        ("Андрей", "андрей"), ("ЇЖАК", "їжак"), ("Артём", "артем"), ("Алё\u0301на", "алена"), ("за\u0301мок", "замок"), ("Ѓорѓи Ќе", "ѓорѓи ќе"), ("Ўладзь", "ўладзь"), ("и\u0306", "й"),
        ("مُحَمَّد", "محمد"), ("أحمد", "احمد"), ("محـــمد", "محمد"), ("مسؤول", "مسؤول"), ("שָׁלוֹם", "שלום"), ("יִשְׂרָאֵל", "ישראל"),
        ("Gal·la", "gal·la"), ("\u0301Anna", "anna"), ("O´Neil", "o'neil"), ("한글", "한글"), ("ŉ", "'n"),
    ],
)  # fmt: skip
def test_marks_are_dropped_in_a_search_where_they_are_accents_and_stay_where_they_make_another_letter(written, found_as):
    assert texts.fold_accents(written) == unicodedata.normalize("NFC", found_as)
    assert texts.fold_accents(unicodedata.normalize("NFD", written)) == texts.fold_accents(written)


@pytest.mark.parametrize(
    "nothing",
    [
        "", " ", "\t\n", "\u00a0", "\u3164", "\u2800", "\u200b", "\u200b\u200c\u200d\u2060", "\u00ad", "\u200e\u200f", "\u202a\u202c", "\u2066\u2069", "\ufeff", "\x01\x1f", "\x7f\x85",
        "\u115f\u1160", "\uffa0", "\u180e", "\u2028\u2029", "\u3000 \u2007", "\ufe0f", "\u034f", "\U000e0001", "\U000e0020", "\u061c", "\u17b4", "\u2063", " \u00ad\u3164\u2800 ",
        "\ufffc", "\ufffc\ufffc \n", "\U0001d159", "\u2065", "\ufff0\ufff8", "\U000e0002", "\U000e0fff", "\U00013441\U00013442", "\U00013430", "\U00016fe4", "\ufdd0",
        "\ufffe", "\U0010ffff", "\u206a", "\U0001bca0", "\U0001d173", "\ufff9\ufffb", "\u180f", "\u200d\ufe0e", "\x1a",
    ],
)  # fmt: skip
def test_what_shows_nothing_is_blank(nothing):
    assert texts.is_blank(nothing)
    assert texts.strip(nothing) == ""


def test_what_unicode_says_to_ignore_shows_nothing():
    """By Unicode's own property. Of the signs for control, only those that show something by themselves are none of them."""
    everything = "".join(map(chr, range(0x110000)))
    ignorable = regex.findall(r"\p{Default_Ignorable_Code_Point}|\p{Cc}|\p{Z}|\p{Noncharacter_Code_Point}", everything)
    assert [hex(ord(character)) for character in ignorable if not texts.is_blank(character)] == []
    visible = [character for character in regex.findall(r"\p{Cf}", everything) if not texts.is_blank(character)]
    assert "".join(visible) == "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"


@pytest.mark.parametrize("apostrophe", ["`", "´", "’", "‘", "ʼ", "ʹ", "′", "＇", "՚", "‛", "ꞌ", "\u02bb"])
def test_every_apostrophe_is_one(apostrophe):
    for fold in (texts.fold, texts.fold_inside, texts.fold_keeping_case, texts.fold_accents, texts.plain_signs):
        assert fold(f"O{apostrophe}Neil") == fold("O'Neil")
        assert fold(f"O{apostrophe}Néil") == fold("O'Néil")


@pytest.mark.parametrize(
    "something",
    ["0", ".", "-", "_", "~", "{", "🙂", "ا", "０", "\u200fا", " x ", "\u0301", "〇", "\u0600", "\U00031350", "\ue000", "ㅤa", "゛", "·"],
)
def test_what_shows_anything_is_not(something):
    assert not texts.is_blank(something)
    assert texts.strip(something)


@pytest.mark.parametrize(
    ("sent", "stripped"),
    [
        (" a b ", "a b"), ("\u200ea b\u200f", "a b"), ("\ufeffid", "id"), ("\u202a+44 20\u202c", "+44 20"), ("\u3164Kim\u3164", "Kim"), ("a\u00ad", "a"), ("\u2800a\u200b ", "a"),
        ("می\u200cخواهم", "می\u200cخواهم"), ("❤\ufe0f", "❤\ufe0f"), ("🏴\U000e0067\U000e0062\U000e007f", "🏴\U000e0067\U000e0062\U000e007f"), ("葛\U000e0100", "葛\U000e0100"), ("é ", "é"), ("e\u0301 ", "e\u0301"),
        ("\u1112\u1160", "\u1112\u1160"), ("\x01a", "\x01a"), ("ไม้", "ไม้"),
    ],
)  # fmt: skip
def test_blanks_and_invisible_signs_are_stripped_at_the_ends_alone(sent, stripped):
    assert texts.strip(sent) == stripped


def test_case_may_count_and_then_nothing_else_does():
    assert texts.fold_keeping_case(" L’Oréal\u00a0 Paris") == texts.fold_keeping_case("L'Ore\u0301al Paris")
    assert texts.fold_keeping_case("Acme") != texts.fold_keeping_case("ACME")


def test_spaces_around_a_text_can_be_kept_as_one():
    assert texts.fold_inside(" \u00a0Acme’s \t Inc\n") == " acme's inc "


def test_what_is_cut_is_folded_too():
    assert [texts.cut("ab cd", length) for length in (2, 3, 4, 9)] == ["ab", "ab", "ab c", "ab cd"]


@given(ANY)
def test_folding_again_changes_nothing_and_each_form_knows_no_more_than_the_one_before(text):
    forms = [fold(text) for fold in (texts.fold_keeping_case, texts.fold, texts.fold_accents)]
    for fold in (texts.fold_keeping_case, texts.fold, texts.fold_accents, texts.fold_inside, texts.strip):
        assert fold(fold(text)) == fold(text), fold
    assert texts.fold_inside(text).strip() == texts.fold(text)
    assert texts.fold(forms[0]) == forms[1]
    assert texts.fold_accents(forms[1]) == forms[2]
    for form in (*forms, texts.strip(text)):
        assert not texts.is_blank(form) or texts.is_blank(text)
    if texts.is_blank(text):
        assert texts.strip(text) == ""


@given(ANY)
def test_texts_in_any_unicode_form_are_one(text):
    for fold in (texts.fold_keeping_case, texts.fold, texts.fold_accents):
        assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text)) == fold(text)


def test_folding_any_character_again_changes_nothing():
    """One character stands for those that are not assigned: Unicode defines neither case nor parts for them."""
    meant = (character for character in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(character) not in ("Cn", "Co", "Cs"))
    characters = [*meant, "\u0378", "\ue000"]
    assert len(characters) > 140_000
    for start in range(0, len(characters), 200):
        text = " ".join(f"a{character}\u0345\u0301" for character in characters[start : start + 200])
        for fold in (texts.fold_keeping_case, texts.fold, texts.fold_accents):
            assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("piece", ["\u0301\u0316", "e\u0301", "й", "か\u3099", "’", "\u200b", "I\u0307", "a\u00a0"])
def test_a_megabyte_takes_time_in_proportion(piece):
    started = time.process_time()
    for fold in (texts.fold, texts.fold_accents, texts.fold_keeping_case, texts.strip):
        fold(piece * (500_000 // len(piece)))
    assert time.process_time() - started < 5
