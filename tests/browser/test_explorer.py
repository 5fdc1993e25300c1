"""The explorer's page in a real browser: one of the system, or else Playwright's own."""

import numpy as np
import pytest

import nnc
from nnc.explore import explorer_page

LARGEST_PAGE = 3_000_000


@pytest.fixture(scope="module")
def model():
    """A model of 600,000 values in 300 tensors."""
    random = np.random.default_rng(5)
    return nnc.encode(
        {
            f"layer{layer}.{part}": random.laplace(size=shape).astype(np.float32) / 30
            for layer in range(100)
            for part, shape in [
                ("conv.weight", (24, 27, 3, 3)),
                ("bn.weight", 24),
                ("bn.bias", (24,)),
            ]
        }
    )


@pytest.fixture
def open_page(opened):
    """Opens the page of a bitstream."""

    def open_it(data, **options):
        text = explorer_page(data, "model.nnc")
        assert len(text) < LARGEST_PAGE
        return opened(text, **options)

    return open_it


def chosen_path(page):
    return page.locator("#semantics dt:text-is('path') + dd").inner_text()


def test_the_page_is_interactive_soon(open_page, model):
    page = open_page(model)
    timing = "performance.getEntriesByType('navigation')[0].loadEventEnd"
    page.wait_for_function(f"{timing} > 0")
    # A machine that is ten times slower than the one meant is given as much time.
    assert page.evaluate(timing) < 20_000
    assert page.locator("#tensors tbody tr").count() == 300
    assert page.locator("#treemap button").count() == 300


def test_tree_and_bytes_lead_to_each_other(open_page, model):
    page = open_page(model)
    page.locator("#tree .label", has_text="units[2]").first.click()
    page.locator("#tree .label", has_text="nnr_unit_size =").click()
    assert chosen_path(page) == "units[2].nnr_unit_size"
    marked = page.locator("#hex button.chosen")
    first = int(marked.first.get_attribute("data-byte"))
    bits = page.locator("#bits b").count()
    assert bits in (15, 31)
    assert marked.count() == (bits + 1) // 8
    page.locator(f"#hex button[data-byte='{first + (bits + 1) // 8}']").click()
    assert chosen_path(page).startswith("units[2].header.")
    selected = page.locator("#tree [aria-selected=true]")
    assert selected.count() == 1


def test_the_tree_is_walked_by_keys(open_page, model):
    page = open_page(model)
    page.locator("#tree .label").first.click()
    page.locator("#tree .label").first.click()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    assert chosen_path(page).startswith("units[1].")
    page.keyboard.press("ArrowLeft")
    assert chosen_path(page) == "units[1]"


def test_search_finds_and_leads(open_page, model):
    page = open_page(model)
    page.keyboard.press("/")
    page.keyboard.type("layer7.conv")
    found = page.locator("#found button")
    assert found.count() >= 1
    found.last.click()
    assert "layer7.conv.weight" in page.locator("#semantics").inner_text()
    page.fill("#search", "no such thing")
    assert page.locator("#found").inner_text() == "nothing"


def test_the_table_sorts_filters_and_shows_histograms(open_page, model):
    page = open_page(model)
    page.locator("#tensors th button", has_text="bytes").click()
    page.locator("#tensors th button", has_text="bytes").click()
    sizes = page.locator("#tensors tbody td:nth-child(5)").all_inner_texts()
    numbers = [int(size.replace(",", "")) for size in sizes]
    assert numbers == sorted(numbers, reverse=True)
    page.fill("#filter", "layer42.")
    assert page.locator("#tensors tbody tr").count() == 3
    page.locator("#tensors tbody tr").first.click()
    assert page.locator("#tensor figure").count() == 2
    assert (
        "layer42" in page.locator("#semantics").inner_text() + page.locator("#tensor").inner_text()
    )


def test_a_damaged_file_shows_its_fault(open_page, model):
    page = open_page(model[: len(model) // 2])
    assert page.locator("#faults li").count() == 1
    page.locator("#faults button").click()
    assert "past the end" in page.locator("#semantics").inner_text()
    assert page.locator("#tree .fault[aria-selected=true]").count() == 1


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out(open_page, model, width, scheme):
    page = open_page(model, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (back == "rgb(255, 255, 255)") == (scheme == "light")


def test_a_narrow_table_keeps_what_matters(open_page, model):
    page = open_page(model, viewport={"width": 390, "height": 800})
    titles = [one.inner_text() for one in page.locator("#tensors th:visible").all()]
    assert titles == ["name", "bytes", "bits/value"]
    table = page.locator(".scroll:has(#tensors)")
    assert table.evaluate("element => element.scrollWidth <= element.clientWidth")
    assert "Bits per value" in page.locator("#colors").inner_text()
