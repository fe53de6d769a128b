"""The columns among which users choose those of a table of leads."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from campaigns.scope import Who
from campaigns.selectors import form_fields_for
from config.core.lists import parameters
from config.core.lists.saved.opening import ColumnChoice
from leads.columns import all_columns, fault_of, label_of, made_columns
from leads.columns.declared import DEFAULT_COLUMNS
from leads.extension_points import lead_columns, lead_filters


class LeadColumnChoice(ColumnChoice):
    """The declared columns that the role may see, and any field of the leads' values, such as `captured:company`."""

    def __init__(self, who: Who) -> None:
        self.who = who

    @property
    def takes_fields(self) -> str:  # type: ignore[override]  # a plain attribute of ColumnChoice
        return (
            "Any field of leads is a column too: type its label or its name. "
            "One that is not offered is captured:, transformed: or enriched: and its name."
        )

    @property
    def defaults(self) -> Sequence[str]:
        return DEFAULT_COLUMNS

    def offered(self) -> Mapping[str, str]:
        return self._offered

    @cached_property
    def _offered(self) -> dict[str, str]:
        declared = {column.key: column.label for column in all_columns(self.who)}
        fields = {f"captured:{name}": _offer_of(name, label) for name, label in form_fields_for(self.who)}
        return declared | fields | {column.key: column.label for column in made_columns(self.who)}

    def label_of(self, key: str) -> str:
        return label_of(key)

    def fault_of(self, key: str) -> str:
        return fault_of(self.who, key)


def _offer_of(name: str, label: str) -> str:
    """Return the words for a captured field: its label with its name, which other fields of that label do not have."""
    return f"{label} ({name}, as captured)" if label and label != name else f"{name} (as captured)"


def is_personal(parameter: str) -> bool:
    """Return whether the values of a filter stay out of shared views: those of the search, of masked columns and of fields.

    A parameter may have more than the name of its filter, such as `created_after` or `company~`. One of a filter that is
    not known is taken for personal.
    """
    masked = {column.filter_name: bool(column.masked) for column in lead_columns}
    masked |= {lead_filter.key: lead_filter.is_personal for lead_filter in lead_filters}
    text, _ = parameters.split(parameter.removesuffix(parameters.REPEATED))
    found = [name for name in masked if text == name or text.startswith(f"{name}_")]
    return not found or masked[max(found, key=len)]
