"""The page that takes bitstreams, in a real browser: dropped, damaged and large files."""

import base64
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

import nnc
from nnc.explore import app_page

#: Bytes of a large bitstream.
LARGE = 100_000_000

#: A drop as a browser makes it.
DROP = """([name, text]) => {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const dropped = new DataTransfer();
  dropped.items.add(new File([bytes], name));
  const how = { dataTransfer: dropped, bubbles: true, cancelable: true };
  document.body.dispatchEvent(new DragEvent("drop", how));
}"""


@pytest.fixture(scope="module")
def model():
    random = np.random.default_rng(7)
    weight = random.laplace(size=(40, 30)).astype("f4")
    return nnc.encode({"conv.weight": weight, "conv.bias": weight[0], "steps": np.arange(7)})


@pytest.fixture
def app(opened):
    return lambda **options: opened(app_page(), **options)


def drop(page, data, name="dropped.nnc"):
    """Drop a file on the page, and wait until it is shown."""
    page.evaluate(DROP, [name, base64.b64encode(data).decode()])
    page.wait_for_function("name => document.getElementById('name').textContent === name", arg=name)


def test_a_dropped_file_is_shown_and_decoded(app, model):
    page = app()
    assert not page.locator("main").is_visible()
    drop(page, model)
    assert page.locator("#tensors tbody tr").count() == 3
    assert page.locator("#faults li").count() == 0
    page.locator("#tensors tbody tr", has_text="conv.weight").click()
    page.wait_for_selector("#tensor figure")
    assert page.locator("#tensor figure").count() == 2
    page.locator("#tree .label", has_text="units[2]").first.click()
    page.locator("#tree .label", has_text="nnr_unit_size =").click()
    marked = page.locator("#hex button.chosen")
    marked.first.wait_for()
    first = int(marked.first.get_attribute("data-byte"))
    assert marked.first.inner_text() == f"{model[first]:02x}"
    page.fill("#search", "general_profile_idc")
    assert page.locator("#found button").count() == 1


def test_another_file_takes_the_place_of_the_first(app, model):
    page = app()
    drop(page, model, "first.nnc")
    drop(page, nnc.encode({"other": np.eye(9, dtype="f4")}), "second.nnc")
    assert page.locator("#tensors tbody tr").count() == 1
    page.locator("#tensors tbody tr").click()
    page.wait_for_selector("#tensor figure")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"


def test_a_damaged_file_shows_how_far_it_goes_and_what_is_wrong(app, model):
    page = app()
    drop(page, model[:400])
    (told,) = page.locator("#faults li").all_inner_texts()
    assert told.startswith("units[2] (NNR_NDU), byte ")
    assert ", bit 0: nnr_unit_size: the unit's size of " in told
    assert page.locator("#tree .fault[aria-selected=true]").count() == 1
    page.locator("#tree .label", has_text="units[1]").first.click()
    assert "NNR_MPS" in page.locator("#tree").inner_text()


def test_a_damaged_payload_is_told_where_it_is_asked_for(app, model):
    unit = next(one for one in nnc.Bitstream.parse(model).units if "conv.weight" in one.names)
    damaged = bytearray(model)
    damaged[unit.payload_start + 4 : unit.stop] = b"\x5a" * (unit.stop - unit.payload_start - 4)
    page = app()
    drop(page, bytes(damaged))
    page.locator("#tensors tbody tr", has_text="conv.weight").click()
    page.wait_for_function("document.getElementById('tensor').textContent.includes('byte ')")


def test_what_is_no_bitstream_is_told(app):
    page = app()
    drop(page, b"no bitstream at all, but words that go on and on")
    assert page.locator("#faults li").count() >= 1


def test_a_large_file_leaves_the_page_usable(app, tmp_path):
    path = tmp_path / "large.nnc"
    random = np.random.default_rng(1)
    tensors = {
        f"{number}.weight": random.normal(size=LARGE // 40).astype("f4") for number in range(10)
    }
    path.write_bytes(
        nnc.encode(tensors | {"small": random.normal(size=99).astype("f4")}, keep=["*.weight"])
    )
    assert path.stat().st_size > LARGE
    page = app()
    page.set_input_files("#file", path)
    page.wait_for_selector("#tensors tbody tr", timeout=120_000)
    rows = page.locator("#tensors tbody tr")
    assert rows.count() == 11
    for row in rows.all():
        row.click()
    # The page answers while the worker decodes what was asked for before.
    page.locator("#tree .label", has_text="units[0]").first.click()
    assert "units[0]" in page.locator("#semantics").inner_text()
    page.wait_for_selector("#tensor figure", timeout=120_000)
    assert page.locator("#tensor h3").inner_text() == "small"


def test_the_page_can_send_nothing_anywhere(browser, tmp_path):
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    path = tmp_path / "page.html"
    path.write_text(app_page(), "utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    place = f"http://127.0.0.1:{server.server_port}/told"
    said = page.evaluate(
        """async (place) => {
          const image = new Image();
          image.src = `${place}?image`;
          return fetch(place, { mode: "no-cors" }).then(() => "sent", (error) => error.name);
        }""",
        place,
    )
    page.wait_for_timeout(200)
    page.close()
    server.shutdown()
    assert said == "TypeError"
    assert asked == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out(app, model, width, scheme):
    page = app(viewport={"width": width, "height": 800}, color_scheme=scheme)
    drop(page, model)
    page.locator("#tensors tbody tr").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") == width
