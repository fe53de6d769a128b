"""Words in settings, and the lists of words that come with the product."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django import forms

from leads.values import texts
from processr.job_types.settings_fields import LONGEST, FieldNamesField, validate_text

AT_MOST = 1000
LISTS = Path(__file__).parent / "data"
SIGNS_OF_A_LIST = ",;\n"

ANSWERS = ("yes", "no", "true", "false", "on", "off", "none", "n/a", "0", "1", "ja", "nein", "oui", "non", "si")
"""Values that forms offer to choose from. They are short and the same in many fields, although the user was not careless."""


class WordsField(FieldNamesField):
    """A list of texts, or one text with commas, semicolons or line breaks between them.

    `fold` returns the form in which each is kept.
    """

    def __init__(
        self, *, separators: str = SIGNS_OF_A_LIST, at_most: int = AT_MOST, fold: Callable[[str], str] = str, **options: Any
    ) -> None:
        self.separators, self.at_most, self.fold = separators, at_most, fold
        super().__init__(**{"initial": [], "widget": forms.Textarea(attrs={"rows": 3}), **options})

    def to_python(self, value: Any) -> list[str]:
        words: list[str] = []
        for part in value if isinstance(value, list | tuple) else [value or ""]:
            text = str(part)
            for separator in self.separators[1:]:
                text = text.replace(separator, self.separators[0])
            words += [texts.strip(self.fold(word)) for word in text.split(self.separators[0])]
        return list(dict.fromkeys(word for word in words if word))

    def validate(self, value: list[str]) -> None:
        forms.Field.validate(self, value)
        if len(value) > self.at_most:
            raise forms.ValidationError(f"Name at most {self.at_most}.")
        if any(len(word) > LONGEST for word in value):
            raise forms.ValidationError(f"Each has at most {LONGEST} characters.")
        for word in value:
            validate_text(word)

    def prepare_value(self, value: Any) -> str:
        return f"{self.separators[0]} ".join(value) if isinstance(value, list | tuple) else value or ""


def allowed_values_field() -> WordsField:
    return WordsField(
        required=False,
        initial=list(ANSWERS),
        label="Values left alone",
        help_text="Whole values that do not count, with commas between them, whatever their case: what a form offers to choose from.",
    )


@cache
def word_list(name: str) -> Sequence[str]:
    """Return the lines of a list that comes with the product, without comments."""
    lines = (LISTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [word for line in lines if (word := line.partition("#")[0].strip())]
