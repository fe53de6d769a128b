"""The steps of a Manipulate, applied to a value one after the other."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import regex

from leads.values import texts
from processr.transforms import expressions
from processr.transforms.dates import parse_format, rewrite_date
from processr.transforms.limits import TimeBudget

Read = Callable[[str], str]
"""A function that returns the text of a lead's field, empty where the lead has none."""
CompiledStep = Callable[[str, Read], str | None]
"""A function from the value so far to the next one, or None if there is no result."""


def compile_steps(steps: Sequence[Mapping[str, Any]], *, source: str, budget: TimeBudget) -> list[CompiledStep]:
    """Return the steps as functions; raise ValueError or KeyError if the settings were not checked."""
    return [_compile_step(step, source=source, budget=budget) for step in steps]


def _compile_step(step: Mapping[str, Any], *, source: str, budget: TimeBudget) -> CompiledStep:
    match step["kind"]:
        case "join":
            return _join(step, source)
        case "replace":
            return _replace(step, budget)
        case "case":
            return _case(CASES[step["to"]][1], budget)
        case "trim":
            inner = step["inner"]
            return lambda value, _read: " ".join(texts.strip(value).split()) if inner else texts.strip(value)
        case "date":
            reads, writes = parse_format(step["reads"]), parse_format(step["writes"])
            # A value that is no such date has no result, like an unknown value of a Transform.
            return lambda value, _read: rewrite_date(value, reads=reads, writes=writes)
        case unknown:
            raise KeyError(unknown)


def _join(step: Mapping[str, Any], source: str) -> CompiledStep:
    r"""Join fields and texts. The field that the transform reads stands for the value so far.

    Empty fields leave no separator behind. In the separator, \n and \t stand for a line break and a tab, which cannot be
    typed into an input.
    """
    separator = str(step["separator"]).replace("\\n", "\n").replace("\\t", "\t")

    def join(value: str, read: Read) -> str:
        texts = []
        for part in step["parts"]:
            field = part.get("field")
            if field is None:
                texts.append(part.get("text", ""))
            else:
                texts.append(value if field == source else read(field))
        return separator.join(text for text in texts if text)

    return join


def _case(change: Callable[[str], str], budget: TimeBudget) -> CompiledStep:
    def change_within_budget(value: str, _read: Read) -> str:
        with budget.changing_case():
            return change(value)

    return change_within_budget


def _replace(step: Mapping[str, Any], budget: TimeBudget) -> CompiledStep:
    expression = expressions.compile_expression(step["find"])
    replacement = expressions.Replacement.parse(step["replacement"])

    def replace(value: str, _read: Read) -> str:
        seconds = budget.start()
        try:
            return expressions.replace_matches(expression, replacement, value, seconds=seconds)
        except TimeoutError:
            raise budget.timed_out() from None
        finally:
            budget.stop()

    return replace


_LETTER = r"\p{L}[\p{M}\u200c\u200d]*+"
_APOSTROPHE = r"['’‘ʼ＇]"
_WORD = regex.compile(rf"(?P<number>\p{{Nd}}++)?(?P<letters>(?:{_LETTER})++(?:{_APOSTROPHE}(?:{_LETTER})++)*+)")
_ENDS_OR_WORD = regex.compile(r"(?P<end>[.!?…](?=\s))|[\w\p{M}\u200c\u200d]++")
_ONE_LETTER_BEFORE = regex.compile(rf"({_LETTER}{_APOSTROPHE})((?:{_LETTER}){{2,}}+)")
_ORDINAL = regex.compile(r"st|nd|rd|th|er|re|ère|[eè]me|nde|e|ste|de|[rdtmvn][oa]", regex.IGNORECASE)
"""The endings of ordinals in English, French, Dutch and Spanish: 3rd, 2ème, 1ste, 4to. An `e` may be a house number's, and stays."""


def title(text: str) -> str:
    """Capitalize every word: `JEAN-LUC O'NEIL's` becomes `Jean-Luc O'Neil's`. Ordinals get small letters: `3RD` becomes `3rd`."""

    def capitalize(match: regex.Match[str]) -> str:
        number, word = match["number"] or "", match["letters"]
        if number and _ORDINAL.fullmatch(unicodedata.normalize("NFC", word)):
            return number + (word if len(word) == 1 else lower(word))
        name = _ONE_LETTER_BEFORE.match(word)
        if name is None:
            return number + _capitalize(word)
        return f"{number}{name[1].upper()}{_capitalize(name[2])}{lower(word[name.end() :])}"

    return _WORD.sub(capitalize, text)


def sentence(text: str) -> str:
    """Write small letters, with a capital at the beginning of each sentence."""
    begins = True

    def capitalize_first(match: regex.Match[str]) -> str:
        nonlocal begins
        capital, begins = begins and not match["end"], bool(match["end"])
        return _capitalize(match[0]) if capital else match[0]

    return _ENDS_OR_WORD.sub(capitalize_first, lower(text))


def lower(text: str) -> str:
    """Return the text in small letters. The Turkish capital I gets the one dot that a small i has."""
    return text.lower().replace("i\u0307", "i")


def _capitalize(word: str) -> str:
    return word.capitalize().replace("i\u0307", "i")


CASES: dict[str, tuple[str, Callable[[str], str]]] = {
    "upper": ("UPPER CASE", str.upper),
    "lower": ("lower case", lower),
    "title": ("Title Case", title),
    "sentence": ("Sentence case", sentence),
}
