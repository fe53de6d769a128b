"""The runs of the demo data: an import of a file, and bulk actions of an admin, with the notifications of their ends."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from campaigns.models import Campaign, CampaignLink, Form, Publisher
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.background import runs
from config.core.models import User
from config.core.tabular.csv_writer import format_rows
from leads import bulk
from leads.imports.checkpoint import ImportCounts
from leads.imports.reader import ImportFile, ImportRequest
from leads.imports.service import import_file
from leads.models import Lead

IMPORTED_TO, ACTED_ON = "Payroll demo requests", "Zero-downtime white paper"
FILE, REFUSED = "trade-fair-stand-12.csv", "trade-fair-stand-12.refused.csv"
HEADINGS = ("First name", "Last name", "Work e-mail", "Telephone", "Company", "Job title", "Postcode", "Country", "Hall")
VISITORS = (
    ("Harold", "Lindqvist", "h.lindqvist@tamarind-foods.example", "020 7946 0201", "Tamarind Foods", "Buyer", "SE1 9GF", "GB", "B"),
    ("Sunita", "Rao", "sunita.rao@quarry-bikes.example", "0113 496 0118", "Quarry Bikes", "Finance Director", "LS2 7EW", "GB", "B"),
    ("Gwen", "Morris", "gwen.morris@severn-optics.example", "029 2018 0762", "Severn Optics", "HR Partner", "CF10 1EP", "GB", "C"),
    ("Declan", "Foley", "declan.foley@harp-glass.example", "+353 1 555 0171", "Harp Glass", "Owner", "D02 X285", "IE", "B"),
    ("Patience", "Osei", "patience.osei(at)cedar-care.example", "0161 496 0455", "Cedar Care", "Operations Director", "M2 3AE", "GB", "C"),
    ("Sunita", "Rao", "Sunita.Rao@quarry-bikes.example", "0113 496 0118", "Quarry Bikes", "Finance Director", "LS2 7EW", "GB", "C"),
    ("Callum", "Callum", "callum@fife-marine.example", "0131 496 0322", "Fife Marine", "Buyer", "EH3 9DR", "GB", "B"),
    ("Ines", "Carvalho", "ines.carvalho@ludgate-audio.example", "020 7946 0377", "Ludgate Audio", "Head of Payroll", "EC2A 1NT", "GB", "C"),
)  # fmt: skip
"""One address is wrong, so that its row is refused, and one visitor came to the stand twice."""


class _Unobserved:
    """The observer of an import that nobody watches."""

    def started(self, file: ImportFile, counts: ImportCounts, notes: Sequence[str]) -> None: ...

    def progressed(self, file: ImportFile, counts: ImportCounts) -> None: ...

    def should_stop(self) -> bool:
        return False


def import_visitors(world: dict[str, Any]) -> None:
    """Import a file with the visitors of a trade fair, which stays in the state folder with the rows that were refused."""
    entry = next(entry for entry in world["campaigns"] if entry["name"] == IMPORTED_TO)
    folder = Path(settings.STATE_DIR)
    path, refused = folder / FILE, folder / REFUSED
    refused.unlink(missing_ok=True)  # of an attempt that was killed
    path.write_text(format_rows([HEADINGS, *VISITORS]), encoding="utf-8")
    request = ImportRequest(
        path=path,
        campaign=Campaign.objects.get(pk=entry["id"]),
        form=Form.objects.get(pk=entry["forms"][0]["id"]),
        publisher=Publisher.objects.get(pk=entry["publishers"][1]),
        link=CampaignLink.objects.get(pk=entry["links"][0]["id"]),
    )
    import_file(request, refused_rows=refused, actor=_admin(world), observer=_Unobserved())


def act_on_leads(world: dict[str, Any]) -> None:
    """Let the admin deliver the newest Valid leads of a campaign, flag two leads, and mark one as a replacement."""
    entry = next(entry for entry in world["campaigns"] if entry["name"] == ACTED_ON)
    newest = Lead.objects.filter(campaign=entry["id"], current_status="valid").order_by("-pk").values_list("pk", flat=True)
    valid = list(newest.filter(delivery_status="not_delivered", second_check="")[:6])
    delivered = list(newest.filter(delivery_status="delivered")[:3])
    returned = {"reason": "Returned", "comment": "The sales team says: wrong department."}
    _act("mark_delivered", [*valid, *delivered[:1]], world)
    _act("mark_invalid", valid[-2:], world, **returned)
    _act("mark_replacement", delivered[1:2], world, comment=f"Replaces lead {valid[-1]}")


def _act(key: str, ids: list[int], world: dict[str, Any], **details: str) -> None:
    action = bulk.begin(key, ids, actor=_admin(world), settings=details)
    runs.work_on(bulk.BulkActionRun, action.pk)


def _admin(world: dict[str, Any]) -> Actor:
    username = next(user["username"] for user in world["users"] if user["role"] == roles.ADMIN)
    user = User.objects.get(username=username)
    return Actor(user.name, user.pk)
