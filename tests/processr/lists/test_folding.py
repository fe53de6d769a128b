"""The stored form of the entries of lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processr.lists.kinds import EMAIL, KINDS, LONGEST, NAME, PHONE, VALUE, InvalidEntry
from tests.processr.jobs.asking import TEXT


@given(kind=st.sampled_from(list(KINDS.values())), cells=st.lists(st.one_of(TEXT, st.text()), min_size=2, max_size=2))
def test_any_text_is_an_entry_or_is_refused_in_words(kind, cells):
    try:
        row = kind.row(cells[: len(kind.cells)])
    except InvalidEntry:
        return
    assert len(row) == len(kind.columns)
    assert kind.row(row[: len(kind.cells)])[-1] == row[-1], "what was read back has the same key"


@pytest.mark.parametrize(
    ("kind", "cells", "row"),
    [
        (VALUE, [" Acme "], ("Acme", "", "acme")),
        (VALUE, ["(+44) 20 7946 0001"], ("(+44) 20 7946 0001", "+442079460001", "(+44) 20 7946 0001")),
        (VALUE, ["x" * LONGEST], ("x" * LONGEST, "", "x" * LONGEST)),
        (VALUE, ["\ufeffL’Oréal  Paris\u200b"], ("L’Oréal  Paris", "", "l'oréal paris")),
        (EMAIL, [" Jo@Example.COM "], ("jo@example.com",)),
        (EMAIL, ['"jo doe"@example.com'], ('"jo doe"@example.com',)),
        (EMAIL, ["o'neil+x@[192.0.2.1]"], ("o'neil+x@[192.0.2.1]",)),
        (EMAIL, ["\u202aJo@XN--BCHER-KVA.example\u202c"], ("jo@bücher.example",)),
        (EMAIL, ["jo@ｅｘａｍｐｌｅ。ｃｏｍ."], ("jo@example.com",)),
        (NAME, ["Łukasz\u200f", "\u00a0Świątek"], ("Łukasz", "Świątek", "lukasz swiatek")),
        (NAME, ["カ\u3099", "かだ"], ("カ\u3099", "かだ", "ガ かだ")),
        (NAME, ["José", " Núñez"], ("José", "Núñez", "jose nunez")),
        (PHONE, ["+44 (0)20 7946"], ("+440207946",)),
    ],
)
def test_an_entry_as_it_is_kept(kind, cells, row):
    assert kind.row(cells) == row


@pytest.mark.parametrize(
    ("kind", "cells", "why"),
    [
        (VALUE, [" "], "is empty"),
        (VALUE, ["\u3164\u200b"], "is empty"),
        (EMAIL, ["\u2800"], "is empty"),
        (NAME, ["Jo", "\u200e"], "needs a first and a last name"),
        (VALUE, ["x" * (LONGEST + 1)], "is longer than 500 characters"),
        (VALUE, ["ß" * LONGEST], "is longer than 500 characters"),
        (VALUE, ["a\x00"], "holds characters that are not text"),
        (EMAIL, ["jo"], "is not an e-mail address"),
        (EMAIL, ["@example.com"], "is not an e-mail address"),
        (EMAIL, ["Ann <ann@example.com>"], "has more than an e-mail address in it"),
        (EMAIL, ["<ann@example.com>"], "has more than an e-mail address in it"),
        (EMAIL, ["mailto:ann@example.com"], "has more than an e-mail address in it"),
        (EMAIL, [";ann@example.com"], "has more than an e-mail address in it"),
        (EMAIL, ["ann@example.com;"], "has more than an e-mail address in it"),
        (EMAIL, ["ann@example.com, bob@example.com"], "has more than an e-mail address in it"),
        (EMAIL, ["Ann ann@example.com"], "has more than an e-mail address in it"),
        (EMAIL, ["ann@example.com (work)"], "has more than an e-mail address in it"),
        (NAME, ["Madonna", ""], "needs a first and a last name"),
        (NAME, ["", ""], "is empty"),
        (PHONE, ["12"], "has fewer than 3 digits"),
        (PHONE, ["call me"], "has fewer than 3 digits"),
        (PHONE, ["4,47912E+11"], "was shortened by a spreadsheet, so its last digits are lost"),
        (PHONE, ["1" * 41], "has more than 40 digits"),
    ],
)
def test_what_cannot_be_on_a_list_is_refused_in_words(kind, cells, why):
    with pytest.raises(InvalidEntry, match=why):
        kind.row(cells)
