"""Calls to providers by HTTP: what is asked of a lead, how often it is tried, how the answer is read."""
