"""HTTP Check: calls any validation provider about the lead and judges by its answer."""

import json
from typing import Any

from django import forms
from typing_extensions import override

from config.core.forms.layout import Fields, Section, ShownWhen
from processr.job_types.exchange import Exchange
from processr.job_types.lead import JobLead
from processr.job_types.outcomes import Outcome, error, failed, passed
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import validate_text
from processr.jobs.http.call import NOT_READ, HttpCall
from processr.jobs.http.expectation import AnswerPart, CannotBeRead, Expectation, ReadAnswer
from processr.jobs.http.fields import LinesField, PathField, check_pattern, check_patterns_together
from processr.jobs.http.settings import CALL_LIMITS, REQUEST, CallSettings
from processr.jobs.text import phrases

ANSWER_PARTS = [
    (AnswerPart.PATH.value, "A value in the JSON answer"),
    (AnswerPart.TEXT.value, "A text anywhere in the answer"),
    (AnswerPart.PATTERN.value, "A regular expression found in the answer"),
    (AnswerPart.STATUS.value, "The status code of the answer"),
]
FAIL, ERROR = "fail", "error"
NOT_ACCEPTED = "The provider that checks this did not accept the lead"


class HttpCheckSettings(CallSettings):
    layout = Fields(
        REQUEST,
        CALL_LIMITS,
        Section(
            "The answer",
            "look_at",
            ShownWhen("look_at", AnswerPart.PATH.value, "path", demanded=True),
            "passing",
            "failing",
            "otherwise",
            "reason",
        ),
    )

    look_at = forms.ChoiceField(choices=ANSWER_PARTS, initial=AnswerPart.PATH.value, label="The answer is judged by")
    path = PathField(
        required=False, initial="", max_length=200, label="Path of the value", help_text="Such as result.status or items[0].code."
    )
    passing = LinesField(label="Passes with", initial=["valid"], help_text="One a line; any of them is enough. Case does not matter.")
    failing = LinesField(required=False, label="Fails with", initial=[], help_text="One a line. Looked for first.")
    otherwise = forms.ChoiceField(
        choices=[(ERROR, "Counts as could not be checked"), (FAIL, "Fails")], initial=ERROR, label="Any other answer",
        help_text="An answer that is no success (not 2xx), and has nothing of the above, always counts as could not be checked.",
    )  # fmt: skip
    reason = forms.CharField(
        max_length=200, initial=NOT_ACCEPTED, validators=[validate_text],
        help_text="Shown to publishers when a lead fails, so that they know what to correct.",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if self.errors:
            return values
        if values["look_at"] == AnswerPart.PATH and not values["path"]:
            self.add_error("path", "Say where in the answer the value is.")
        passing, failing = list(values["passing"]), list(values["failing"])
        if both := set(passing) & set(failing):
            self.add_error("failing", f"“{min(both)[:40]}” cannot both pass and fail.")
        else:
            self._check_expected("passing", passing, values["look_at"])
            self._check_expected("failing", failing, values["look_at"])
        if not self.errors and values["look_at"] == AnswerPart.PATTERN:
            check_patterns_together([*passing, *failing])
        return values

    def _check_expected(self, name: str, texts: list[str], look_at: str) -> None:
        for text in texts:
            if look_at == AnswerPart.STATUS and not (len(text) == 3 and text.isascii() and text.isdigit()):
                self.add_error(name, f"“{text[:40]}” is no status code, such as 200.")
            if look_at == AnswerPart.PATTERN:
                try:
                    check_pattern(text)
                except forms.ValidationError as error:
                    self.add_error(name, error)


@job_types.register
class HttpCheck(HttpCall):
    key = "http_check"
    api_id = 9080
    label = "HTTP Check"
    description = "Asks a validation provider about the lead over HTTP and fails it by the provider's answer."
    Settings = HttpCheckSettings

    def rule(self) -> str:
        """Return the rule without the URL and the expected answer, since publishers read it."""
        names = [row["field"] for row in self.setting("fields_sent") if row["field"]]
        about = f" about {phrases.join_names(names)}" if names else ""
        return f"The provider that is asked{about} accepts the lead"

    @override
    def judge_answer(self, lead: JobLead, exchange: Exchange) -> Outcome:
        unreadable = self.unreadable(exchange)
        try:
            answer = self._read(exchange)
        except CannotBeRead:
            return unreadable or error(NOT_READ)
        if answer.passes:
            return passed()
        if answer.passes is None:
            is_success = exchange.status is not None and 200 <= exchange.status < 300
            if unreadable or not is_success or self.setting("otherwise") != FAIL:
                return unreadable or error(NOT_READ)
        return failed(self.setting("reason"), field=self.setting("path") or "answer", value=answer.excerpt)

    def _read(self, exchange: Exchange) -> ReadAnswer:
        """Read the answer. An expected status counts even if it would otherwise be a refusal."""
        look_at = AnswerPart(self.setting("look_at"))
        if look_at is not AnswerPart.STATUS and self.unreadable(exchange) is not None:
            raise CannotBeRead
        content: Any = None
        if look_at is AnswerPart.PATH:
            try:
                content = json.loads(exchange.body)
            except (ValueError, RecursionError) as wrong:
                raise CannotBeRead from wrong
        expected = Expectation(look_at, self.setting("path"), self.setting("passing"), self.setting("failing"))
        return expected.read(status=exchange.status or 0, text=exchange.body, answer=content)
