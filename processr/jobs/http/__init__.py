"""Calls to providers by HTTP: the request about a lead, retries, and the reading of the answer."""
