"""Devices in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.values.devices import LONGEST, device_of


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "Chrome 126 on Windows 10"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            "Mobile Safari 17 on iOS 17",
        ),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox 127 on Ubuntu"),
        ("gossip", "gossip"),
        ("", ""),
        ("Chrome/126 " * 100, "Chrome/126 " * 100),
    ],
)  # fmt: skip
def test_a_device_is_named_by_browser_and_system(user_agent, device):
    assert device_of(user_agent) == device


@given(st.text(max_size=LONGEST))
def test_whatever_a_browser_calls_itself_has_a_text(user_agent):
    assert isinstance(device_of(user_agent), str)
