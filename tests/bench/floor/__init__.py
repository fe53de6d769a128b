"""The least an API can do for a lead: one bare DRF view, one row. What intake is measured against."""
