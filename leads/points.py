"""Where upper layers join the leads app (DESIGN 1)."""

from dataclasses import dataclass

from config.panel.registry import Keyed, Registry
from leads.statuses import HoldReason


@dataclass(frozen=True)
class Hold:
    """Why a lead is on hold, and the number the API shows for it (decision 12)."""

    key: str
    label: str
    api_number: int


bulk_effects: Registry[Keyed] = Registry("bulk effect")
lead_tabs: Registry[Keyed] = Registry("lead tab")
lead_columns: Registry[Keyed] = Registry("lead column")
timeline_sources: Registry[Keyed] = Registry("timeline source")
edit_guards: Registry[Keyed] = Registry("edit guard")
hold_reasons: Registry = Registry("hold reason")

hold_reasons.register(Hold(HoldReason.NO_JOB, "On Hold - No Job Assigned", 500))
