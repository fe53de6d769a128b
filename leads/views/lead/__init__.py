"""The page of a lead, which lists of leads open as a sheet over themselves."""
