"""The lead and its records."""

from leads.models.bulk import BulkAction, BulkChunk, BulkForecast, ColumnMap, LeadExport, LeadImport, LeadImportPart, OmittedEntry
from leads.models.found import FoundLead, FullSearch
from leads.models.lead import Lead
from leads.models.ledger import FlagReason, FlagReasonCategory, LeadNote, PriceEntry
from leads.models.picture import LeadPicture
from leads.models.tally import DailyTally, LeadSearch, TallyDelta

__all__ = [
    "BulkAction",
    "BulkChunk",
    "BulkForecast",
    "ColumnMap",
    "DailyTally",
    "FlagReason",
    "FlagReasonCategory",
    "FoundLead",
    "FullSearch",
    "Lead",
    "LeadExport",
    "LeadImport",
    "LeadImportPart",
    "LeadNote",
    "LeadPicture",
    "LeadSearch",
    "OmittedEntry",
    "PriceEntry",
    "TallyDelta",
]
