"use strict";

/** The page's main part as it is before anything is shown in it. */
const EMPTY = document.querySelector("main").cloneNode(true);
let ending = new AbortController();

/** Show what there is of a bitstream, in place of what was shown before. */
function show(content) {
  if (content.version !== 1) throw new Error("the page's data are of another version");
  const PARENT = 0, NAME = 1, KIND = 2, POSITION = 3, BITS = 4, NOTE = 5, VALUE = 6,
    VALUE_NAME = 7, KEY = 8, FAULT = 9;
  const rows = content.nodes;
  const tensors = content.tensors;
  const byId = (id) => document.getElementById(id);
  ending.abort();
  ending = new AbortController();
  const { signal } = ending;
  document.querySelector("main").replaceWith(EMPTY.cloneNode(true));
  document.querySelector("main").hidden = false;
  for (const id of ["faults", "sampled"]) byId(id).replaceChildren();

  // Everything that comes from the file goes into the page as text, never as markup.
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "class") element.className = value;
      else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  }
  function drawn(tag, attributes, text = "") {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  }
  function size(bytes) {
    const units = ["B", "kB", "MB", "GB"];
    let unit = 0;
    while (bytes >= 1000 && unit < 3) { bytes /= 1000; unit += 1; }
    return `${unit ? bytes.toPrecision(3) : bytes} ${units[unit]}`;
  }
  const number = (value) => value.toLocaleString("en-US");
  const rounded = (value) => (value === null || value === undefined) ? "–" : Number(value.toPrecision(4)).toString();

  // ---- the tree's rows, linked ----
  const children = rows.map(() => []);
  rows.forEach((row, index) => { if (row[PARENT] >= 0) children[row[PARENT]].push(index); });
  const unitOf = (index) => {
    while (index > 0 && rows[index][KIND] !== "u") index = rows[index][PARENT];
    return index;
  };
  const pathOf = (index) => {
    const names = [];
    for (; index > 0; index = rows[index][PARENT]) names.unshift(rows[index][NAME]);
    return names.join(".");
  };

  // ---- header ----
  byId("name").textContent = content.name;
  const values = tensors.reduce((sum, tensor) => sum + tensor.values, 0);
  byId("facts").textContent = [
    size(content.bytes),
    `${number(rows.filter((row) => row[KIND] === "u").length)} units`,
    `${number(tensors.length)} tensors`,
    `${number(values)} values`,
    values ? `${rounded(8 * content.bytes / values)} bits per value` : "",
  ].filter(Boolean).join(" · ");
  rows.forEach((row, index) => {
    if (row[FAULT]) byId("faults").append(make("li", {}, make("button", {
      type: "button", onclick: () => { choose(index); byId("bitstream").scrollIntoView(); },
    }, row[FAULT])));
  });
  for (const note of content.sampled) byId("sampled").append(make("li", {}, note));

  // ---- treemap: squarified ----
  function layout(items, x, y, width, height, place) {
    let total = items.reduce((sum, item) => sum + item.weight, 0);
    let start = 0;
    while (start < items.length && total > 0) {
      const side = Math.min(width, height);
      const scale = width * height / total;
      let end = start, weight = 0, worst = Infinity;
      while (end < items.length) {
        const next = weight + items[end].weight;
        const ratio = (item) => {
          const length = next * scale / side, other = item.weight * scale / length;
          return Math.max(length / other, other / length);
        };
        const candidate = Math.max(ratio(items[start]), ratio(items[end]));
        if (candidate > worst) break;
        worst = candidate; weight = next; end += 1;
      }
      const thickness = weight * scale / side;
      let along = 0;
      for (const item of items.slice(start, end)) {
        const length = item.weight * scale / thickness;
        if (width >= height) place(item, x, y + along, thickness, length);
        else place(item, x + along, y, length, thickness);
        along += length;
      }
      if (width >= height) { x += thickness; width -= thickness; }
      else { y += thickness; height -= thickness; }
      total -= weight; start = end;
    }
  }
  const color = (share) => `hsl(${205 - 165 * share} 65% 68%)`;
  function drawColors(most) {
    const steps = [0, 0.25, 0.5, 0.75, 1].map(color).join(", ");
    const scale = make("span", { id: "scale", style: `background:linear-gradient(to right, ${steps})` });
    byId("colors").replaceChildren("Areas are bytes. Bits per value: 0", scale, `${rounded(most)} and more`);
  }
  function drawTreemap() {
    const map = byId("treemap");
    map.replaceChildren();
    const items = tensors.map((tensor, index) => ({ tensor, index, weight: tensor.bytes }))
      .filter((item) => item.weight > 0).sort((a, b) => b.weight - a.weight).slice(0, 1500);
    // A few tiny tensors of hundreds of bits per value would leave all others one color.
    const most = 2 * 8 * content.bytes / Math.max(1, values);
    drawColors(most);
    layout(items, 0, 0, map.clientWidth, map.clientHeight, (item, x, y, width, height) => {
      const share = Math.min(1, (item.tensor.bits_per_value || 0) / most);
      const text = `${item.tensor.name}: ${size(item.weight)}, ${rounded(item.tensor.bits_per_value)} bits per value`;
      map.append(make("button", {
        type: "button", title: text, "aria-label": text, "data-tensor": item.index,
        "aria-pressed": item.index === chosenTensor,
        style: `left:${x}px;top:${y}px;width:${width}px;height:${height}px;` +
          `background:${color(share)}`,
        onclick: () => chooseTensor(item.index),
      }, width > 40 && height > 16 ? item.tensor.name : ""));
    });
  }

  // ---- table ----
  const columns = [
    ["name", "name"], ["shape", "shape"], ["dtype", "dtype"], ["values", "values"], ["bytes", "bytes"],
    ["bits_per_value", "bits/value"], ["kind", "kind"], ["qp", "qp"],
  ];
  let sortKey = "", sortSign = 1, chosenTensor = -1;
  const head = make("tr");
  for (const [key, title] of columns) {
    head.append(make("th", { scope: "col", "data-key": key }, make("button", {
      type: "button", onclick: () => {
        sortSign = sortKey === key ? -sortSign : 1; sortKey = key; fillTable();
      },
    }, title)));
  }
  byId("tensors").tHead.append(head);
  function cell(tensor, key) {
    const value = tensor[key];
    if (key === "shape") return value.join("×") || "scalar";
    if (key === "bits_per_value") return rounded(value);
    if (value === null || value === undefined) return "–";
    return typeof value === "number" ? number(value) : value;
  }
  function compare(a, b) {
    const one = tensors[a][sortKey], two = tensors[b][sortKey];
    if (one === null || two === null) return (one === null) - (two === null);
    if (Array.isArray(one)) return sortSign * (tensors[a].values - tensors[b].values);
    return sortSign * (typeof one === "string" ? one.localeCompare(two, "en", { numeric: true }) : one - two);
  }
  function fillTable() {
    const wanted = byId("filter").value.toLowerCase();
    const shown = tensors.map((_, index) => index)
      .filter((index) => tensors[index].name.toLowerCase().includes(wanted));
    if (sortKey) shown.sort(compare);
    for (const header of head.children) {
      if (header.dataset.key === sortKey) header.setAttribute("aria-sort", sortSign > 0 ? "ascending" : "descending");
      else header.removeAttribute("aria-sort");
    }
    const body = byId("tensors").tBodies[0];
    body.replaceChildren(...shown.slice(0, 2000).map((index) => {
      const first = make("td", {}, make("button", { type: "button" }, tensors[index].name));
      return make("tr", { "aria-selected": index === chosenTensor, "data-tensor": index,
        onclick: () => chooseTensor(index) },
        first, ...columns.slice(1).map(([key]) => make("td", {}, cell(tensors[index], key))));
    }));
    byId("count").textContent = `${number(shown.length)} of ${number(tensors.length)}` +
      (shown.length > 2000 ? ", the first 2,000 are listed" : "");
  }
  byId("filter").addEventListener("input", fillTable);

  // ---- one tensor ----
  function bars(counts, labels, caption) {
    const picture = drawn("svg", { viewBox: "0 0 300 120", role: "img", "aria-label": caption });
    const most = Math.max(1, ...counts), width = 300 / Math.max(1, counts.length);
    counts.forEach((count, index) => {
      const height = 100 * count / most;
      const bar = drawn("rect", { x: index * width, y: 102 - height, width: Math.max(.5, width - 1), height });
      bar.append(drawn("title", {}, `${labels(index)}: ${number(count)}`));
      picture.append(bar);
    });
    picture.append(drawn("text", { x: 0, y: 115 }, labels(0)));
    picture.append(drawn("text", { x: 300, y: 115, "text-anchor": "end" }, labels(counts.length - 1)));
    return make("figure", {}, picture, make("figcaption", {}, caption));
  }
  function chooseTensor(index) {
    chosenTensor = index;
    for (const element of document.querySelectorAll("[data-tensor]")) {
      const mine = Number(element.dataset.tensor) === index;
      element.setAttribute(element.tagName === "TR" ? "aria-selected" : "aria-pressed", mine);
    }
    for (const bar of document.querySelectorAll("#layers rect")) {
      bar.classList.toggle("chosen", Number(bar.dataset.layer) === index);
    }
    showTensor(index);
    const unit = rows.findIndex((row, at) => row[KIND] === "u" && pathOf(at) === tensors[index].unit);
    if (unit >= 0) choose(unit, false);
  }
  function showTensor(index) {
    const tensor = tensors[index], plots = make("div", { class: "plots" });
    const levels = tensor.level_histogram, spread = tensor.value_histogram;
    if (levels && levels.counts.length) {
      plots.append(bars(levels.counts, (bin) => `${levels.low + levels.step * bin}`,
        `Levels${levels.step > 1 ? `, ${levels.step} a bar` : ""}; ${rounded(100 * levels.zeros)} % are zero`));
    }
    if (spread && spread.counts.length) {
      const step = (spread.high - spread.low) / spread.counts.length;
      plots.append(bars(spread.counts, (bin) => rounded(spread.low + step * (bin + .5)),
        `Values from ${rounded(spread.low)} to ${rounded(spread.high)}; mean ${rounded(spread.mean)}, ` +
        `deviation ${rounded(spread.deviation)}`));
    }
    const facts = [`${cell(tensor, "shape")}`, tensor.dtype, size(tensor.bytes)];
    if (tensor.dq) facts.push("dependent quantization");
    if (tensor.codebook_size) facts.push(`codebook of ${tensor.codebook_size}`);
    byId("tensor").replaceChildren(make("h3", {}, tensor.name), make("p", {}, facts.join(" · ")),
      ...(tensor.problem ? [make("p", {}, tensor.problem)] : []), plots);
    // Where a decoder is at hand, tensors are decoded when they are asked for.
    if (content.decode === undefined || tensor.problem !== undefined) return;
    tensor.problem = "Decoding …";
    byId("tensor").append(make("p", { class: "hint" }, tensor.problem));
    content.decode(index).then((found) => {
      Object.assign(tensor, found);
      if (chosenTensor === index && !signal.aborted) showTensor(index);
    });
  }

  // ---- bits per value by layer ----
  function drawLayers() {
    const shown = tensors.map((tensor, index) => ({ tensor, index })).filter((item) => item.tensor.bits_per_value !== null);
    if (!shown.length) return;
    const most = Math.max(...shown.map((item) => item.tensor.bits_per_value));
    const step = Math.max(3, Math.min(24, 1100 / shown.length)), width = step * shown.length;
    const picture = drawn("svg", { viewBox: `0 0 ${width} 140`, style: `width:${width}px;height:140px`,
      role: "img", "aria-label": "Bits per value of each tensor, in the order of the bitstream" });
    shown.forEach((item, place) => {
      const height = 120 * Math.log2(1 + item.tensor.bits_per_value) / Math.log2(1 + most);
      const bar = drawn("rect", { x: place * step, y: 130 - height, width: step - 1, height, "data-layer": item.index });
      bar.append(drawn("title", {}, `${item.tensor.name}: ${rounded(item.tensor.bits_per_value)}`));
      bar.addEventListener("click", () => chooseTensor(item.index));
      picture.append(bar);
    });
    picture.append(drawn("text", { x: 2, y: 10 }, `${rounded(most)} bits (logarithmic)`));
    byId("layers").append(picture);
  }

  // ---- tree ----
  const items = new Map();
  function treeItem(index) {
    const row = rows[index];
    const label = make("span", { class: "label", onclick: () => { choose(index); toggle(index); } });
    label.append(row[NAME] || "bitstream");
    const value = row[VALUE_NAME] || row[VALUE];
    if (row[KIND] === "e" && value !== "") label.append(" = ", value);
    if (row[NOTE]) label.append(make("span", { class: "soft" }, ` ${row[NOTE]}`));
    const item = make("li", { role: "treeitem", tabindex: -1, "aria-selected": false });
    item.dataset.node = index;
    if (row[FAULT]) item.className = "fault";
    item.append(label);
    if (children[index].length) item.setAttribute("aria-expanded", false);
    items.set(index, item);
    return item;
  }
  function expand(index) {
    const item = items.get(index);
    if (!children[index].length || item.getAttribute("aria-expanded") === "true") return;
    item.setAttribute("aria-expanded", true);
    const list = make("ul", { role: "group" });
    const shown = children[index];
    const fill = (from) => {
      list.append(...shown.slice(from, from + 1000).map(treeItem));
      if (from + 1000 < shown.length) {
        const more = make("li", {}, make("button", { type: "button",
          onclick: () => { more.remove(); fill(from + 1000); } }, `${number(shown.length - from - 1000)} more …`));
        list.append(more);
      }
    };
    fill(0);
    item.append(list);
  }
  function collapse(index) {
    const item = items.get(index);
    if (item.getAttribute("aria-expanded") !== "true") return;
    item.setAttribute("aria-expanded", false);
    item.querySelector("ul").remove();
    const forget = (above) => children[above].forEach((child) => {
      if (items.delete(child)) forget(child);
    });
    forget(index);
  }
  function toggle(index) {
    if (items.get(index).getAttribute("aria-expanded") === "true") collapse(index);
    else expand(index);
  }
  function reveal(index) {
    const way = [];
    for (let at = rows[index][PARENT]; at >= 0; at = rows[at][PARENT]) way.unshift(at);
    for (const at of way) {
      expand(at);
      const next = way[way.indexOf(at) + 1] ?? index;
      while (!items.has(next)) items.get(at).querySelector(":scope > ul > li > button").click();
    }
    return items.get(index);
  }
  let chosen = -1;
  function choose(index, focus = true) {
    const before = items.get(chosen);
    if (before) { before.setAttribute("aria-selected", false); before.tabIndex = -1; }
    chosen = index;
    const item = reveal(index);
    item.setAttribute("aria-selected", true);
    item.tabIndex = 0;
    if (focus) {
      item.focus({ preventScroll: true });
      item.firstChild.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    showSemantics(index);
    showHex(index);
  }
  byId("tree").addEventListener("keydown", (event) => {
    const visible = [...document.querySelectorAll("#tree [role=treeitem]")];
    const at = visible.indexOf(items.get(chosen));
    const go = (place) => { if (visible[place]) choose(Number(visible[place].dataset.node)); };
    const open = items.get(chosen)?.getAttribute("aria-expanded");
    if (event.key === "ArrowDown") go(at + 1);
    else if (event.key === "ArrowUp") go(at - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(visible.length - 1);
    else if (event.key === "ArrowRight") { if (open === "false") expand(chosen); else if (open) go(at + 1); }
    else if (event.key === "ArrowLeft") {
      if (open === "true") collapse(chosen); else if (rows[chosen][PARENT] >= 0) choose(rows[chosen][PARENT]);
    } else if (event.key === "Enter" || event.key === " ") toggle(chosen);
    else return;
    event.preventDefault();
  });

  // ---- semantics ----
  const byteBit = (position) => `${position >= 0 ? Math.floor(position / 8) : 0}.${position % 8}`;
  function showSemantics(index) {
    const row = rows[index], known = content.semantics[row[KEY]], table = content.tables[row[NOTE]];
    const facts = [["path", pathOf(index) || "bitstream"], ["position", byteBit(row[POSITION])], ["bits", number(row[BITS])]];
    if (row[VALUE] !== "") facts.push(["value", row[VALUE_NAME] ? `${row[VALUE]} (${row[VALUE_NAME]})` : row[VALUE]]);
    if (known) {
      facts.push(["descriptor", known.descriptor], ["clause", `${known.clause} (${known.status})`]);
      if (known.range) facts.push(["range", known.range]);
      if (known.names) facts.push(["values", Object.entries(known.names).map(([k, v]) => `${k} ${v}`).join(", ")]);
    }
    if (table) facts.push(["table", row[NOTE]], ["clause", `${table.clause} ${table.title}`]);
    const list = make("dl");
    for (const [term, text] of facts) list.append(make("dt", {}, term), make("dd", {}, text));
    byId("semantics").replaceChildren(make("h3", {}, row[NAME] || "bitstream"),
      ...(known ? [make("p", {}, known.text)] : []),
      ...(row[FAULT] ? [make("p", { class: "fault" }, row[FAULT])] : []), list);
  }

  // ---- bytes ----
  let pieces = content.data.map(([start, text]) => {
    const raw = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return [start, start + raw.length, raw];
  });
  /** Read bytes of the file, where the page has it; tell whether they had to be read. */
  async function read(start, stop) {
    const [piece] = pieces;
    if (content.bytesOf === undefined || start >= stop) return false;
    if (piece !== undefined && piece[0] <= start && stop <= piece[1]) return false;
    pieces = [[start, stop, await content.bytesOf(start, stop)]];
    return true;
  }
  function byteAt(place) {
    let low = 0, high = pieces.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1, [start, stop, raw] = pieces[middle];
      if (place < start) high = middle - 1;
      else if (place >= stop) low = middle + 1;
      else return raw[place - start];
    }
    return null;
  }
  let shownUnit = -1, shownBytes = 0;
  function showHex(index) {
    const unit = unitOf(index), row = rows[unit], first = Math.floor(row[POSITION] / 8);
    const last = Math.min(first + Math.ceil(row[BITS] / 8), content.bytes);
    const start = Math.floor(rows[index][POSITION] / 8);
    const stop = Math.ceil((rows[index][POSITION] + rows[index][BITS]) / 8);
    const fresh = unit !== shownUnit;
    if (fresh) shownBytes = 512;
    // A chosen element always is among the bytes shown.
    while (shownBytes < start + 1 - first) shownBytes += 4096;
    const wide = byId("hex").clientWidth > 520 ? 16 : 8;
    const end = Math.min(last, first + shownBytes);
    read(first, end).then((isNew) => { if (isNew && chosen === index && !signal.aborted) showHex(index); });
    const lines = [];
    for (let line = first; line < end; line += wide) {
      const element = make("div", { class: "line" }, make("span", { class: "offset" }, line.toString(16).padStart(8, "0")));
      for (let place = line; place < Math.min(line + wide, end); place += 1) {
        const value = byteAt(place);
        element.append(make("button", { type: "button", "data-byte": place, tabindex: -1,
          class: place >= start && place < stop && index !== unit ? "chosen" : "" },
          value === null ? "··" : value.toString(16).padStart(2, "0")));
      }
      lines.push(element);
    }
    if (end < last) lines.push(make("button", { type: "button", class: "more",
      onclick: () => { shownBytes += 4096; showHex(chosen); } }, `${number(last - end)} bytes more …`));
    byId("hex").replaceChildren(...lines);
    shownUnit = unit;
    byId("hex").querySelector(".chosen")?.scrollIntoView({ block: "nearest" });
    showBits(index);
  }
  function showBits(index) {
    const [position, count] = [rows[index][POSITION], rows[index][BITS]];
    byId("bits").replaceChildren();
    if (rows[index][KIND] === "u" || rows[index][KIND] === "b" || count === 0) return;
    const first = Math.floor(position / 8), last = Math.min(first + 16, Math.ceil((position + count) / 8));
    for (let place = first; place < last; place += 1) {
      const value = byteAt(place), group = make("span", { class: "byte" });
      for (let bit = 0; bit < 8; bit += 1) {
        const text = value === null ? "·" : String((value >> (7 - bit)) & 1), at = 8 * place + bit;
        group.append(at >= position && at < position + count ? make("b", {}, text) : text);
      }
      byId("bits").append(group);
    }
    if (last < Math.ceil((position + count) / 8)) byId("bits").append("…");
  }
  byId("hex").addEventListener("click", (event) => {
    if (event.target.dataset.byte === undefined) return;
    const position = 8 * Number(event.target.dataset.byte);
    let at = unitOf(chosen);
    const covers = (index) => rows[index][BITS] > 0 && rows[index][POSITION] < position + 8 &&
      rows[index][POSITION] + rows[index][BITS] > position;
    // Several elements may share a byte: another click on it goes on to the next of them.
    const leaves = [];
    const gather = (index) => {
      if (rows[index][KIND] === "e" && covers(index)) leaves.push(index);
      for (const child of children[index]) if (covers(child)) gather(child);
    };
    gather(at);
    if (leaves.length) choose(leaves[(leaves.indexOf(chosen) + 1) % leaves.length]);
  });

  // ---- search ----
  byId("search").addEventListener("input", () => {
    const wanted = byId("search").value.trim().toLowerCase();
    const found = [];
    for (let index = 1; wanted && index < rows.length && found.length < 50; index += 1) {
      const row = rows[index];
      if (`${row[NAME]} ${row[NOTE]} ${row[VALUE]} ${row[VALUE_NAME]}`.toLowerCase().includes(wanted)) found.push(index);
    }
    byId("found").replaceChildren(...found.map((index) => make("li", {}, make("button", {
      type: "button", onclick: () => choose(index) },
      pathOf(index) + (rows[index][VALUE] !== "" ? ` = ${rows[index][VALUE_NAME] || rows[index][VALUE]}` : "")))));
    if (wanted && !found.length) byId("found").append(make("li", {}, "nothing"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      byId("search").focus();
    }
  }, { signal });

  // ---- begin ----
  fillTable();
  drawTreemap();
  drawLayers();
  byId("tree").append(treeItem(0));
  expand(0);
  const fault = rows.findIndex((row) => row[FAULT]);
  choose(fault > 0 ? fault : 0, false);
  // Scrolls the box of the tree, and not the page.
  byId("tree").parentElement.scrollTop = items.get(chosen).offsetTop - byId("tree").offsetTop - 40;
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth !== width) { width = window.innerWidth; drawTreemap(); }
  }, { signal });
}

const own = document.getElementById("content");
if (own !== null) show(JSON.parse(own.textContent));
