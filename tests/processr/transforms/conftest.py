"""The people who look at the screens."""

from tests.screens.conftest import member, reader

__all__ = ["member", "reader"]
