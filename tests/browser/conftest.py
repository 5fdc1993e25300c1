"""A browser for pages: one of the system, or else Playwright's own."""

import shutil
from pathlib import Path

import pytest

playwright = pytest.importorskip(
    "playwright.sync_api", reason="no Playwright: pip install 'nnc[browser]'"
)

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

#: A container has no user namespaces for Chromium's sandbox; the pages are our own. Nothing is
#: asked of the network.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser():
    of_the_system = next(filter(None, map(shutil.which, BROWSERS)), None)
    with playwright.sync_playwright() as running:
        chromium = of_the_system or running.chromium.executable_path
        if not Path(chromium).exists():
            pytest.skip(
                "no Chromium: install the system's package `chromium`, "
                "or run `python -m playwright install --with-deps chromium`"
            )
        launched = running.chromium.launch(executable_path=chromium, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Opens pages, and checks at the end that nothing was complained about."""
    messages, pages = [], []

    def open_it(text, **options):
        path = tmp_path / "page.html"
        path.write_text(text, "utf-8")
        page = browser.new_page(**options)
        pages.append(page)
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield open_it
    for page in pages:
        page.close()
    assert messages == []
