"""The cost of an expression is known before it is compiled, wherever a person writes one."""

import pytest
import regex
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from config.core.sized_cache import sized_cache
from processr import patterns
from processr.jobs.http.expectation import AnswerPart, CannotBeRead, Expectation
from processr.jobs.http.fields import LinesField, check_pattern
from processr.transforms import expressions
from processr.transforms.php_regex import ExpressionSyntaxError

TOO_LARGE = [
    "a{9999999}", "a{0000009999999}", "a{9999999,}", "a{9999999}?", "a{9999999}+", "(a{1000}){1000}", "((x{50}){50}){50}",
    "(?:a|b){4000}", "[a-z]{6000}", r"\p{L}{6000}", r"\X{6000}", "(?=a){999999}", "(?<=a{6000})b", "(?>a{6000})", "(?P<n>a{80}){80}",
    "(?(1)a{9000}|b)(c)", "(?:a{100}+){100}", "(?x: (a {99}) {99} )", "(?i)(?:(?:ab){50}){50}", "(a)(?:(?1){90}){90}", "(?:a{2500}){2}", "☃{6000}",
]  # fmt: skip
FINE = [
    r"(\d{4})-(\d{2})-(\d{2})", "^.{1,10000}$", "a{0,9999999}", "[{99999}]", r"\{99999\}", "(?#{99999})a", "a{1900}", "(?:a?b?){200}",
    "|".join(["word"] * 99), "[" + "a-z" * 150 + "]", "(" * 20 + "a" + ")" * 20, "x" * 500,
]  # fmt: skip


@pytest.mark.parametrize("text", TOO_LARGE)
def test_what_would_be_written_out_too_large_is_refused_before_it_is_compiled(text, monkeypatch):
    monkeypatch.setattr(regex, "compile", None)
    assert patterns.size_of(text, regex.V0) > patterns.LARGEST
    with pytest.raises(patterns.PatternTooLarge, match="lower the numbers in braces"):
        patterns.compile_pattern(text, regex.V0)
    with pytest.raises(ExpressionSyntaxError, match="lower the numbers in braces"):
        expressions.compile_expression(f"~{text}~")
    with pytest.raises(forms.ValidationError, match="lower the numbers in braces"):
        check_pattern(text)
    with pytest.raises(CannotBeRead):
        Expectation(AnswerPart.PATTERN, "", [text], []).read(status=200, text="aaa", answer=None)


@pytest.mark.parametrize("text", FINE)
def test_what_is_small_when_it_is_written_out_is_compiled(text):
    assert patterns.size_of(text, regex.V0) <= patterns.LARGEST
    check_pattern(text)
    assert patterns.compile_pattern(text, regex.V0) is patterns.compile_pattern(text, regex.V0)


@pytest.mark.parametrize("text", ["x" * 20_001, "|".join(["word"] * 5_000), "[" + "é" * 20_000 + "]", "a{1}" * 6_000])
def test_a_long_text_is_refused_unread(text, monkeypatch):
    monkeypatch.setattr(patterns, "core", None)
    with pytest.raises(patterns.PatternTooLarge, match="at most 20,000 characters"):
        patterns.compile_pattern(text, regex.V0)


@pytest.mark.parametrize("text", ["/" + "x" * 499 + "/", "/" + "a|" * 300 + "/", "[" + "ab" * 300 + "]"])
def test_a_person_writes_500_characters_at_most(text):
    with pytest.raises(ExpressionSyntaxError, match="at most 500 characters"):
        expressions.compile_expression(text)
    with pytest.raises(forms.ValidationError, match="at most 500 characters|at most 50 lines"):
        LinesField().clean([text])


def test_what_is_short_in_php_and_long_here_is_compiled():
    assert expressions.compile_expression("/" + r"\h" * 60 + "/u").search("\u2003" * 60)


NESTED = st.recursive(
    st.sampled_from(["a", r"\d", "[a-c]", ".", "(?=a)"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}|{pair[1]})"),
        st.tuples(inner, st.integers(0, 400)).map(lambda pair: f"(?:{pair[0]}){{{pair[1]}}}"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2,}", "{0,900}"])).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
    ),
    max_leaves=12,
)  # fmt: skip


@given(NESTED)
def test_the_size_grows_by_the_factor_of_a_repeat(text):
    if len(text) > 400:
        return
    size = patterns.size_of(text, regex.V0)
    assert patterns.size_of(f"(?:{text}){{30}}", regex.V0) >= 30 * (size - 2)
    assert patterns.size_of(f"{text}|{text}", regex.V0) >= 2 * (size - 2)


def test_the_compiled_expressions_are_kept_up_to_a_size():
    patterns.sized_pattern.cache_clear()
    for number in range(70):
        patterns.compile_pattern(f"(?:a{{1900}})b{number}", regex.V0)
        assert patterns.sized_pattern.size <= patterns.MOST_KEPT
    assert 0 < len(patterns.sized_pattern) <= patterns.MOST_KEPT // 1900
    patterns.sized_pattern.cache_clear()


def test_the_library_keeps_nothing_of_what_people_try(monkeypatch):
    kept = regex._main
    monkeypatch.setattr(patterns, "PURGED_EVERY", 1)
    regex.purge()
    for number in range(20):
        patterns.compile_pattern(f"tried{number}", regex.V0)
    assert (len(kept._cache), len(kept._locale_sensitive)) <= (0, 1)


def test_what_is_larger_than_a_cache_is_computed_each_time_and_the_oldest_goes_first():
    calls = []

    @sized_cache(most=10, size_of=len)
    def repeated(text: str) -> str:
        calls.append(text)
        return text * 3

    for text in ("aaaa", "aaaa", "b", "cc", "b", "d", "b", "cc"):
        repeated(text)
    assert calls == ["aaaa", "aaaa", "b", "cc", "d", "cc"]
    assert repeated.size <= 10
