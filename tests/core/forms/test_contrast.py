"""The contrast of controls with what they stand on, computed from the style sheets: at least 3 to 1 in both themes (WCAG 2.2, 1.4.11)."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[3] / "static" / "css"
TOKENS = dict(re.findall(r"(--[\w-]+): light-dark\((#\w+, #\w+)\)", (CSS / "tokens.css").read_text()))
GROUNDS = ("--surface", "--surface-raised", "--surface-sunk", "--ground")
UNTICKED = r"\.form-check-input:not\(:checked, :indeterminate\) \{ border-color: var\((--[\w-]+)\); \}"
FIELD = r"\.form-control, \.form-select \{ [^}]*border-color: var\((--[\w-]+)\)"
MARK = r"\.form-check-input, [^{]*:indeterminate \{ --tblr-form-check-icon-color: var\((--[\w-]+)\); \}"


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    channels = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(token: str, ground: str, theme: int) -> float:
    darker, lighter = sorted(luminance(TOKENS[name].split(", ")[theme]) for name in (token, ground))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_computed_as_wcag_does():
    assert luminance("#fff") == pytest.approx(1)
    assert contrast("--text", "--surface", 0) > 15


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("rule", "grounds"), [(UNTICKED, GROUNDS), (FIELD, GROUNDS), (MARK, ("--accent",))], ids=["box", "field", "mark"])
def test_a_control_can_be_told_from_its_ground(rule, grounds, theme):
    (token,) = re.findall(rule, (CSS / "sluice.css").read_text())
    ratios = {ground: round(contrast(token, ground, theme), 2) for ground in grounds}
    assert min(ratios.values()) >= 3, ratios
    assert min(round(contrast("--accent", ground, theme), 2) for ground in GROUNDS) >= 3, "a ticked box is filled with the accent"


def test_no_other_style_sheet_colours_boxes_for_itself():
    rules = {
        sheet.name: re.findall(r"[^{}]*\.form-check-input[^{]*\{[^}]*border-color[^}]*\}", sheet.read_text()) for sheet in CSS.glob("*.css")
    }
    assert {name for name, found in rules.items() if found} == {"sluice.css"}
