"""A real browser on a live server: signed in as any role, checked for faults in both sizes and both themes."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from django.conf import settings
from django.test import Client, override_settings
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from config.core.models import User
from tests.browser_binary import REPOSITORY, browser
from tests.cast import make_user

SHOTS = Path(folder) if (folder := os.environ.get("SLUICE_SCREENSHOTS")) else None
AXE = REPOSITORY / "node_modules/axe-core/axe.min.js"
DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture(scope="session", autouse=True)
def _plain_static_files() -> Iterator[None]:
    """Serve static files under their plain names: they have not been collected."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}):
        yield


@pytest.fixture(scope="session")
def chromium(live_server, django_db_setup) -> Iterator[Browser]:
    """Without a browser this raises, so that the tests fail and are not left out."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright's loop runs in the thread of the tests
    found = browser()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found.executable_path, env=found.env, args=found.args)
        yield running
        running.close()
    for thread in threading.enumerate():
        serves = getattr(getattr(thread, "_target", None), "__self__", None)
        if serves is live_server.thread.httpd:  # has a connection to the database that is about to be dropped
            thread.join(timeout=10)


@pytest.fixture
def open_page(chromium: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """open_page(viewport=…, color_scheme=…): a page of nobody's. The test fails on any CSP violation and any uncaught error in it."""
    contexts, faults = [], []

    def make(*, seen: list[str] = faults, **options) -> Page:
        """`seen`: where a test that means to cause faults wants them instead."""
        page = _watched_page(chromium, live_server.url, seen, **options)
        contexts.append(page.context)
        return page

    yield make
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def sign_in_as(open_page: Callable[..., Page], live_server) -> Callable[..., Page]:
    """sign_in_as("admin") or sign_in_as(user): a page with that person's session, without the form."""

    def sign_in(who: str | User, **options) -> Page:
        page = open_page(**options)
        _sign_in(page, who if isinstance(who, User) else make_user(who), live_server.url)
        return page

    return sign_in


def _watched_page(chromium: Browser, url: str, seen: list[str], **options) -> Page:
    context = chromium.new_context(**{"base_url": url, "viewport": DESK, "color_scheme": "light", **options})
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.on("pageerror", lambda error: seen.append(f"{page.url}: {error}"))
    page.on("console", lambda line: seen.append(f"{page.url}: {line.text}") if "Content Security Policy" in line.text else None)
    return page


def _sign_in(page: Page, user: User, url: str) -> None:
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])


TAGS = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
ALL_RULES = {"runOnly": TAGS}
COLOURS = {"runOnly": {"type": "rule", "values": COLOUR_RULES}}
LAYOUT = {"runOnly": TAGS, "rules": {rule: {"enabled": False} for rule in COLOUR_RULES}}
View = tuple[ViewportSize, Literal["dark", "light"], dict[str, Any] | None]
VIEWS: tuple[View, ...] = ((DESK, "dark", COLOURS), (DESK, "light", ALL_RULES), (PHONE, "light", LAYOUT), (PHONE, "dark", None))
"""The sizes and themes in which every page is inspected, each with the rules that axe checks there.

A theme changes colours only. A size changes none, and what only phones show is inspected once (tests/screens/test_looks.py).
"""
COLOURS_ON_PHONES: tuple[View, ...] = ((PHONE, "light", COLOURS), (PHONE, "dark", COLOURS))
SETTLE = """async theme => {
    if (document.readyState !== "complete") await new Promise(loaded => addEventListener("load", loaded, {once: true}));
    const html = document.documentElement, {bsTheme: ours, theme: admins} = html.dataset, since = performance.now();
    if (ours) html.dataset.bsTheme = theme;  // which a page of ours reads as it opens; those of Django's admin follow the system
    while (document.querySelector(".htmx-request")) {
        if (performance.now() - since > 10_000) throw new Error("a request of the page does not end");
        await new Promise(requestAnimationFrame);
    }
    for (const animation of document.getAnimations()) animation.finish();
    const before = ours ?? (admins === "auto" ? theme : admins);
    return {before, tooWide: html.scrollWidth - html.clientWidth};
}"""
# Returns the violations alone: transferring the complete result took longer than the checks. Of a long table the first rows are
# inspected: those below are built by the same templates.
RUN_AXE = """async rules => {
    const inspected = {include: [["html"]], exclude: [["tbody > tr:nth-child(n+21)"]]};
    const found = await axe.run(inspected, {...rules, resultTypes: ["violations"], preload: {assets: ["media"]}});
    return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id} (${rule.impact}): ${node.html.slice(0, 160)}`));
}"""


class Lookout:
    """A browser page that inspects other pages. It is kept for the whole run, because a new page costs as much as an inspection."""

    def __init__(self, chromium: Browser, url: str) -> None:
        self.url = url
        self.faults: list[str] = []
        # Without motion, because a change of theme would have most elements painted again and again while their colours fade.
        self.page = _watched_page(chromium, url, self.faults, color_scheme="dark", reduced_motion="reduce")
        self.page.context.add_init_script(path=AXE)  # the Content-Security-Policy does not apply to it

    def look(
        self, name: str, path: str, person: User | None, act: Callable[[Page], object] | None, views: Sequence[View] = VIEWS
    ) -> list[str]:
        """Return the faults of one page. The page is loaded once, or once in each size if there is an `act`."""
        self.faults.clear()
        self.page.context.clear_cookies()
        if person:
            _sign_in(self.page, person, self.url)
        opened_at = None
        for size, theme, rules in views:
            if size != self.page.viewport_size:
                self.page.set_viewport_size(size)
            self.page.emulate_media(color_scheme=theme)
            if opens := opened_at is None or (act is not None and opened_at != size):
                opened_at = size
                self._open(path, act)
            view = f"{size['width']} {theme}"
            self.faults += [f"{view}: {fault}" for fault in self._faults_of_view(theme, rules, opens=opens)]
            if SHOTS:
                self.page.screenshot(path=SHOTS / f"{name}-{size['width']}-{theme}.png")
        faults = [f"{name}: {fault}" for fault in self.faults]
        self.page.evaluate("document.documentElement.replaceChildren()")  # the next look need not lay it out in other sizes
        return faults

    def rest(self) -> None:
        """Leave for a page that sends no requests, so that nothing polls the server between two tests."""
        self.page.goto("/static/img/sluice.svg")

    def _open(self, path: str, act: Callable[[Page], object] | None) -> None:
        if self.page.url.startswith(self.url):
            self.page.evaluate("localStorage.clear(), sessionStorage.clear()")
        self.page.goto(path)
        if act:
            act(self.page)

    def _faults_of_view(self, theme: str, rules: dict[str, Any] | None, *, opens: bool) -> list[str]:
        state = self.page.evaluate(SETTLE, theme)
        faults = self.page.evaluate(RUN_AXE, rules) if rules else []
        if opens and state["before"] != theme:
            faults.append(f"opened as {state['before']}")
        if state["tooWide"] > 0:
            faults.append(f"{state['tooWide']} px wider than the window")
        return faults


@pytest.fixture(scope="session")
def lookouts(chromium: Browser) -> Iterator[list[Lookout]]:
    """The lookouts that are free: at most one."""
    free: list[Lookout] = []
    yield free
    for lookout in free:
        lookout.page.context.close()


@pytest.fixture
def look_at(lookouts: list[Lookout], chromium: Browser, live_server) -> Iterator[Callable[..., None]]:
    """look_at(name, path, who="admin", act=…): inspect a page under the real Content-Security-Policy, in both sizes and both themes.

    The policy must not be broken, axe must find nothing, and nothing may be wider than the window. `act` opens or fills something first.
    The faults of all pages are reported at the end of the test. Screenshots are taken if $SLUICE_SCREENSHOTS names a folder for them.
    """
    faults: list[str] = []

    def look(name: str, path: str, who: str | User | None = "admin", act: Callable[[Page], object] | None = None) -> None:
        with borrowed(lookouts, chromium, live_server.url) as lookout:
            faults.extend(lookout.look(name, path, make_user(who) if isinstance(who, str) else who, act))

    yield look
    for lookout in lookouts:
        lookout.rest()
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


@contextmanager
def borrowed(free: list[Lookout], chromium: Browser, url: str) -> Iterator[Lookout]:
    """Lend the kept lookout. After an exception it is discarded, and the next look gets a new one."""
    lookout = free.pop() if free else Lookout(chromium, url)
    try:
        yield lookout
    except BaseException:
        lookout.page.context.close()
        raise
    free.append(lookout)
