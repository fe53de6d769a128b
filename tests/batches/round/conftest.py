"""Jobs whose leads go out in files, into a folder, and leads that wait for them."""

from collections.abc import Callable

import pytest

from batches import marking, sending
from batches.building import BuildBatch
from batches.models import SentBatch
from config.core.background import runs
from processr import services
from processr.models import Job
from tests.leads.acts import judge_all

COLUMNS = [{"header": "Lead", "field": "id", "value": ""}, {"header": "Mail", "field": "email", "value": ""}]


@pytest.fixture
def folder(tmp_path, settings):
    """The folder of sent files; the stored ones are in another."""
    settings.BATCH_FOLDERS = [tmp_path / "out"]
    (tmp_path / "out").mkdir()
    options = {"location": tmp_path / "stored"}
    settings.STORAGES = {**settings.STORAGES, "batches": {**settings.STORAGES["batches"], "OPTIONS": options}}
    return tmp_path / "out"


@pytest.fixture
def batch_csv(campaign, bob, folder) -> Callable[..., Job]:
    """batch_csv("Weekly", on=campaign, **settings): a Batch CSV with two columns, into the folder."""

    def add(label: str = "Weekly", *, on=None, properties=None, **config) -> Job:
        given = {"include_fields": COLUMNS, "destination": "local_folder", **config}
        return services.add_job(on or campaign, "batch_csv", actor=bob, label=label, config=given, **(properties or {}))

    return add


@pytest.fixture
def wait_for_file(make_leads, campaign) -> Callable[..., list[int]]:
    """wait_for_file(3): Valid leads, queued for the campaign's integrations."""

    def make(n: int = 1, *, on=None) -> list[int]:
        leads = make_leads(on or campaign, n)
        judge_all(on or campaign)
        return [lead.pk for lead in leads]

    return make


def build(batch: SentBatch) -> SentBatch:
    runs.work_on(BuildBatch, batch.pk)
    batch.refresh_from_db()
    return batch


def finish(batch: SentBatch) -> SentBatch:
    """Build, send and mark."""
    build(batch)
    sending.send(batch.pk)
    marking.mark(batch.pk)
    batch.refresh_from_db()
    return batch
