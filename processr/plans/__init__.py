"""The immutable plan a run follows (`plan`), and its compilation from a campaign's rows (`builder`)."""

from processr.plans.builder import current_plan, planned, snapshot

__all__ = ["current_plan", "planned", "snapshot"]
