"""HTML of large tables, which is made in Python, escapes as Django's templates do."""

from html import escape

import pytest
from django.utils.functional import lazystr
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from hypothesis import given
from hypothesis import strategies as st

from config.core.lists.markup import markup

ANYTHING = st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.builds(mark_safe, st.text()), st.builds(lazystr, st.text()))


@given(ANYTHING, ANYTHING)
def test_what_stands_in_a_cell_is_escaped_as_django_does(one, other):
    made = markup('<b title="{}">{}</b>', one, other)
    assert (made, type(made)) == (format_html('<b title="{}">{}</b>', one, other), type(mark_safe("")))


@pytest.mark.parametrize("hostile", ["<script>", "\" onmouseover='x'", "&amp;", "{0}", "{}"])
def test_nothing_of_a_value_becomes_markup(hostile):
    made = markup("<i>{}</i>", hostile)
    assert made.count("<") == made.count(">") == 2
    assert made == f"<i>{escape(hostile)}</i>"
