"""What is the same value and what is another."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processr.folding import LONGEST, fold, folded_inside, storable
from processr.lists.kinds import EMAIL, KINDS, NAME, PHONE, VALUE, InvalidEntry
from tests.processr.jobs.asking import TEXT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme", "ACME"),
        (" Acme\t", "acme"),
        ("Straße", "STRASSE"),
        ("e\u0301te\u0301", "ÉTÉ"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("\u00a0Acme\u2003", "acme"),
    ],
)
def test_it_is_the_same_value(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("Acme", "Acmé"), ("Acme Inc", "Acme  Inc"), ("Acme.", "Acme"), ("ａ", "a")])
def test_it_is_another_value(one, other):
    assert fold(one) != fold(other)


def test_folding_any_character_again_changes_nothing():
    """Of those that are assigned to nothing, six in seven, one stands for all: Unicode knows neither a case nor parts of any."""
    meant = (character for character in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(character) not in ("Cn", "Co", "Cs"))
    characters = [*meant, "\u0378", "\ue000"]
    assert len(characters) > 140_000
    assert [c for c in characters if fold(once := fold(f"a{c}\u0345\u0301")) != once] == []


@given(st.one_of(TEXT, st.text()))
def test_folding_again_changes_nothing(text):
    assert fold(fold(text)) == fold(text)
    assert folded_inside(text).strip() == fold(text)
    assert storable(storable(text)) == storable(text)


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
        (VALUE, [" Acme "], ("Acme", "acme")),
        (VALUE, ["x" * LONGEST], ("x" * LONGEST, "x" * LONGEST)),
        (EMAIL, [" Jo@Example.COM "], ("jo@example.com",)),
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
        (VALUE, ["x" * (LONGEST + 1)], "is longer than 500 characters"),
        (VALUE, ["ß" * LONGEST], "is longer than 500 characters"),
        (VALUE, ["a\x00"], "holds characters that are not text"),
        (EMAIL, ["jo"], "is not an e-mail address"),
        (EMAIL, ["@example.com"], "is not an e-mail address"),
        (NAME, ["Madonna", ""], "needs a first and a last name"),
        (NAME, ["", ""], "is empty"),
        (PHONE, ["12"], "has fewer than 3 digits"),
        (PHONE, ["call me"], "has fewer than 3 digits"),
        (PHONE, ["1" * 41], "has more than 40 digits"),
    ],
)
def test_what_cannot_be_on_a_list_is_refused_in_words(kind, cells, why):
    with pytest.raises(InvalidEntry, match=why):
        kind.row(cells)
