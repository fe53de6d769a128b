"""The tables of runs and logs on the page of a lead."""

import re

from tests.screens.reading import words


def cells_of(html: str) -> list[list[str]]:
    """Return the cells of each row of these tables, as words."""
    tables = re.findall(r'<table class="rows (?:run-jobs|log-rows).*?</table>', html, re.DOTALL)
    rows = [row for table in tables for row in re.findall(r'<tr role="row">\s*<td(.*?)</tr>', table, re.DOTALL)]
    return [[words(f"<{cell}") for cell in row.split("<td")] for row in rows]
