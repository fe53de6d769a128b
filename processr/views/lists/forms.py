"""Forms for lists: a name, entries typed by hand, a file of entries."""

from enum import StrEnum
from typing import Any

from django import forms

from campaigns.models import Advertiser
from campaigns.scope import Who
from config.core.accounts import roles
from config.core.forms.controls import FilePasswordField
from config.core.forms.page_form import PageForm
from leads.values import texts
from processr.lists import reader
from processr.lists.kinds import NAME, ListKind
from processr.lists.selectors import SEES_PRIVATE_VALUES
from processr.lists.services import AT_ONCE, LONGEST_NAME


class ListPrivacy(StrEnum):
    """Whether a list can be private: where the user would still see the values. A report user makes private lists only."""

    NEVER = "never"
    CHOSEN = "chosen"
    ALWAYS = "always"


def privacy_of_list(who: Who, advertiser: Advertiser | None) -> ListPrivacy:
    if who.role == roles.ADVERTISER_REPORT:
        return ListPrivacy.ALWAYS
    return ListPrivacy.CHOSEN if advertiser is not None and who.role in SEES_PRIVATE_VALUES else ListPrivacy.NEVER


class ListForm(PageForm):
    """Name and privacy of a list."""

    name = forms.CharField(max_length=LONGEST_NAME, help_text="The name under which jobs offer it.")
    private = forms.BooleanField(
        required=False, help_text="Agency users see that the list is there, and neither its values nor a way to change them."
    )

    def __init__(self, *args: Any, privacy: ListPrivacy, **options: Any) -> None:
        super().__init__(*args, **options)
        self.privacy = privacy
        if privacy is not ListPrivacy.CHOSEN:
            del self.fields["private"]
        if privacy is ListPrivacy.ALWAYS:
            self.fields["name"].help_text = "The name under which jobs offer it. Your lists are private: agencies do not see their values."

    @property
    def values(self) -> dict[str, Any]:
        return {**self.cleaned_data, **({"private": True} if self.privacy is ListPrivacy.ALWAYS else {})}


class AddForm(PageForm):
    """Entries, one on each line; of names the first and the last name with a comma between."""

    entries = forms.CharField(strip=False, widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}))

    def __init__(self, *args: Any, kind: ListKind, **options: Any) -> None:
        self.kind = kind
        super().__init__(*args, **options)
        field = self.fields["entries"]
        field.label = f"New {kind.noun[1]}"
        comma = ", first and last name with a comma between" if kind is NAME else ""
        field.help_text = f"One on each line{comma}; up to {AT_ONCE:,}."

    def lines(self) -> list[Any]:
        """Return the entries in the shape that `processr.lists.services.add` takes."""
        lines = [line for line in self.cleaned_data["entries"].splitlines() if not texts.is_blank(line)]
        return [[texts.strip(part) for part in line.split(",", 1)] for line in lines] if self.kind is NAME else lines


class ImportForm(PageForm):
    file = forms.FileField(allow_empty_file=True, widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.zip,text/csv,text/plain"}))
    delimiter = forms.ChoiceField(required=False, choices=reader.DELIMITER_CHOICES, label="Delimiter")
    password = FilePasswordField()

    def __init__(self, *args: Any, kind: ListKind, **options: Any) -> None:
        super().__init__(*args, **options)
        columns = " and ".join(kind.cells)
        self.fields["file"].help_text = f"CSV, text or XLSX, alone in a ZIP file or not, with or without a first line that says {columns}."
