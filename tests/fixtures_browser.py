"""A real browser on a live server: signed in as any role, looked over for faults, photographed in every light."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from config.panel.models import User
from tests.browser_binary import REPOSITORY, browser
from tests.cast import make_user

SHOTS = Path(os.environ.get("SLUICE_SCREENSHOTS", REPOSITORY / "var/screenshots"))
AXE = REPOSITORY / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
SETTLED = "() => !document.querySelector('.htmx-request') && document.getAnimations().length === 0"


@pytest.fixture(autouse=True)
def _plain_static_files(settings: settings) -> None:
    """Under their own names: nobody has collected anything."""
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Where no browser can be had, this raises: the tests fail, they do not vanish."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright's loop runs in the thread of the tests
    found = browser()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found.executable_path, env=found.env, args=found.args)
        yield running
        running.close()


@pytest.fixture
def open_page(chromium: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """open_page(viewport=…, color_scheme=…): a page of nobody's. The test fails on any CSP violation and any uncaught error in it."""
    contexts, faults = [], []

    def make(*, seen: list[str] = faults, **options) -> Page:
        """`seen`: where a test that means to cause faults wants them instead."""
        context = chromium.new_context(**{"base_url": live_server.url, "viewport": DESK, "color_scheme": "light", **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: seen.append(f"{page.url}: {error}"))
        page.on("console", lambda line: seen.append(f"{page.url}: {line.text}") if "Content Security Policy" in line.text else None)
        return page

    yield make
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def sign_in_as(open_page: Callable[..., Page], live_server) -> Callable[..., Page]:
    """sign_in_as("admin") or sign_in_as(user): a page with that person's session, without the form."""

    def sign_in(who: str | User, **options) -> Page:
        client = Client()
        client.force_login(who if isinstance(who, User) else make_user(who))
        page = open_page(**options)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        return page

    return sign_in


@pytest.fixture
def look_at(sign_in_as: Callable[..., Page], open_page: Callable[..., Page]) -> Callable[..., None]:
    """look_at(name, path, who="admin", act=…): once under the real policy, which must not be broken; then photographed in both sizes
    and both themes into var/screenshots, where axe finds nothing and nothing sticks out of the window. `act` opens or fills something."""

    def look(name: str, path: str, who: str | User | None = "admin", act: Callable[[Page], object] = lambda page: None) -> None:
        person = make_user(who) if isinstance(who, str) else who
        arrive = (lambda **options: sign_in_as(person, **options)) if person else open_page
        page = arrive()
        page.goto(path)
        act(page)
        faults = [fault for size in (DESK, PHONE) for fault in _photograph(arrive(bypass_csp=True, viewport=size), name, path, act)]
        assert faults == []

    return look


def _photograph(page: Page, name: str, path: str, act: Callable[[Page], object]) -> list[str]:
    SHOTS.mkdir(parents=True, exist_ok=True)
    faults, width = [], page.viewport_size["width"]
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.goto(path)
        act(page)
        page.wait_for_function(SETTLED)
        page.screenshot(path=SHOTS / f"{name}-{width}-{theme}.png")
        if (width, theme) != (PHONE["width"], "dark"):  # sizes and themes are both looked at by then
            faults += [f"{width} {theme}: {fault}" for fault in faults_of_access(page)]
        if (too_wide := page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")) > 0:
            faults.append(f"{width} {theme}: {too_wide} px wider than the window")
    return faults


def faults_of_access(page: Page) -> list[str]:
    """What axe finds on the page as it stands, a line each. The page's context needs bypass_csp=True."""
    page.add_script_tag(path=AXE)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)["violations"]
    return [f"{fault['id']} ({fault['impact']}): {node['html'][:160]}" for fault in found for node in fault["nodes"]]
