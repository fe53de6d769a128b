"""What a spreadsheet would compute is text in files that people open."""

import pytest

from config.core.tabular.formulas import harmless


@pytest.mark.parametrize("cell", ["=1+1", "+44 20 7946 0000", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "＋1", "－1", "＠x"])
def test_a_cell_that_would_be_computed_is_made_text(cell):
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "James", "a=b", "1-2", "'=1", "O'Neill", "jbutt@gmail.com", " a"])
def test_any_other_cell_stays_as_it_is(cell):
    assert harmless(cell) == cell
