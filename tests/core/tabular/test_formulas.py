"""Formulas are neutralised in files that people open, and restored when such a file is imported."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from config.core.tabular.formulas import neutralise, neutralised_sql, restore

LIKE_FORMULAS = st.text(st.sampled_from("'= +-@\t\r\n＝＠aé\\"), max_size=6)


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+44 20 7946 0000", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "  =1", "＝1", "＋1", "－1", "＠x", "'=1", "''+1"],
)
def test_a_cell_that_would_be_computed_is_made_text(cell):
    assert neutralise(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "James", "a=b", "1-2", "'a", "'", "O'Neill", "jbutt@gmail.com", " a"])
def test_any_other_cell_stays_as_it_is(cell):
    assert neutralise(cell) == cell
    assert restore(cell) == cell


@given(cell=st.one_of(st.text(st.characters()), LIKE_FORMULAS))
def test_any_text_comes_back_as_it_was(cell):
    assert restore(neutralise(cell)) == cell


@pytest.mark.parametrize(
    ("cell", "text"),
    [('="00123"', "00123"), ('=""', ""), ('="+34"', "+34"), ('\'="00123"', '="00123"'), ('="a"&"b"', '="a"&"b"'), ("=1", "=1")],
)
def test_a_formula_that_is_only_a_text_is_the_text(cell, text):
    assert restore(cell) == text


@pytest.mark.django_db
@given(cells=st.lists(st.one_of(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), LIKE_FORMULAS), max_size=20))
def test_the_database_neutralises_alike(cells):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {neutralised_sql('cell')} FROM unnest(%s::text[]) WITH ORDINALITY AS c (cell, n) ORDER BY n", [cells])
        assert [row[0] for row in cursor.fetchall()] == [neutralise(cell) for cell in cells]
