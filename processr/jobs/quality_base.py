"""The base of checks that look at fields which their settings name."""

from functools import cached_property

from processr.job_types.base import QualityCheck
from processr.job_types.lead import FieldSelection
from processr.jobs.text import phrases


class FieldsCheck(QualityCheck):
    """A check with the setting `fields_to_read`, and perhaps `fields_to_leave_out`."""

    @cached_property
    def fields(self) -> FieldSelection:
        return FieldSelection(self.setting("fields_to_read"), left_out=self._left_out)

    @property
    def each_field(self) -> str:
        """Return the fields as the subject of a sentence, for the rule."""
        return phrases.each(self.setting("fields_to_read"), left_out=self._left_out)

    @property
    def _left_out(self) -> list[str]:
        return list(self.setting("fields_to_leave_out")) if "fields_to_leave_out" in self.Settings.base_fields else []
