"""Files to import, by the command or by its service."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from campaigns.models import Campaign
from config.core.actor import SYSTEM
from leads.imports.checkpoint import ImportCounts
from leads.imports.reader import ImportFile, ImportRequest
from leads.imports.service import ImportResult, import_file
from leads.models import Lead, LeadImport
from tests.module_cast import ONCE

db, as_the_module_made_them, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ONCE


@dataclass
class Watcher:
    """An observer that notes every step. `act` is called with each, and `stop` decides whether to end."""

    steps: list[ImportCounts] = field(default_factory=list)
    act: Callable[[ImportCounts], None] = lambda step: None
    stop: bool = False

    def started(self, file: ImportFile, counts: ImportCounts, notes: Sequence[str]) -> None:
        self.notes = notes
        self.began_at = counts.read

    def progressed(self, file: ImportFile, counts: ImportCounts) -> None:
        self.steps.append(counts)
        self.act(counts)

    def should_stop(self) -> bool:
        return self.stop


@dataclass
class Importer:
    campaign: Campaign
    folder: Path

    def file(self, content: str | bytes, *, name: str = "people.csv", encoding: str = "utf-8") -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def asked(self, path: Path, **more: Any) -> ImportRequest:
        given = {"publisher": self.campaign.publishers.first(), **more}
        return ImportRequest(path=path, campaign=self.campaign, form=self.campaign.forms.get(), **given)

    def take(
        self, path: Path, *, watch: Watcher | None = None, again: bool = False, refused_rows: Path | None = None, **more: Any
    ) -> ImportResult:
        return import_file(self.asked(path, **more), refused_rows=refused_rows, again=again, actor=SYSTEM, observer=watch or Watcher())

    def command(self, path: Path, **more: Any) -> tuple[str, str]:
        """Run the command and return what it printed: the counts, and its messages."""
        out, err = StringIO(), StringIO()
        publisher, form = self.campaign.publishers.get(), self.campaign.forms.get()
        given = {"campaign": str(self.campaign.pk), "form": str(form.pk), "publisher": str(publisher.pk), **more}
        call_command("import_leads", str(path), **given, stdout=out, stderr=err)
        return out.getvalue(), err.getvalue()

    def counts(self) -> ImportCounts:
        run = LeadImport.objects.latest("pk")
        return ImportCounts.of(run)

    def captured(self, *names: str) -> list[Any]:
        """Return these values of each lead, in the order in which the leads came."""
        leads = Lead.objects.filter(campaign=self.campaign).order_by("pk").values_list("captured", flat=True)
        return [tuple(one.get(name) for name in names) if len(names) > 1 else one.get(names[0]) for one in leads]

    def refused(self) -> list[list[str]]:
        """Rows of the file of refused rows, without its head."""
        path = Path(LeadImport.objects.latest("pk").refused_rows)
        with path.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.reader(file, delimiter=LeadImport.objects.latest("pk").delimiter))[1:]


@pytest.fixture
def importer(campaign, tmp_path) -> Importer:
    return Importer(campaign, tmp_path)


HEAD = "firstName,lastName,email\n"


def people(n: int, *, first: int = 0) -> str:
    return HEAD + "".join(f"First{k},Last{k},person{k}@example.com\n" for k in range(first, first + n))


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr("leads.imports.reader.CHUNK", 10)
