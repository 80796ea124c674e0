// What pictures on a canvas share: reading a payload, colours of the page, the pattern of what is masked, keys, the read-out, the table.

// Blue and vermillion by Okabe and Ito, and the same hues brightened for a dark page. As small letters on white vermillion is a little darker, because
// #D55E00 misses the contrast of 4.5 that they need.
const TONES = {
  light: { blue: "#0072B2", vermillion: "#D55E00", vermillionText: "#C25400" },
  dark: { blue: "#56B4E9", vermillion: "#FF933D", vermillionText: "#FF933D" },
};

/** Split a payload [u32 length][JSON header][float32 (N, T, S)] into the header's fields and the numbers. NaN stands for masked. */
function unpack(payload) {
  const bytes = payload.slice(); // the message's own offset may not be a multiple of four
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  return { ...header, rows: header.rows.slice(0, header.tall), values: new Float32Array(bytes.buffer, 4 + length) };
}

/** A number with so many significant digits; whole ones, as 0 and 1, need none after the point. */
function figure(value, digits = 3) {
  if (Number.isNaN(value)) return "masked";
  return (Number.isInteger(value) && Math.abs(value) < 1e6 ? String(value) : value.toPrecision(digits)).replace(/-/g, "−");
}

/** A token as a label on a canvas: it keeps its own direction and lends it to nobody. */
const isolated = (token, limit = 24) => `\u2068${legible(token, limit)}\u2069`;

/** 511 colours between [r, g, b] stops, packed as one number each. */
function palette(stops) {
  const bytes = new Uint8ClampedArray(511 * 4).fill(255);
  for (let i = 0; i < 511; i++) {
    const place = (i / 510) * (stops.length - 1);
    const from = Math.min(Math.floor(place), stops.length - 2);
    for (let k = 0; k < 3; k++) bytes[4 * i + k] = stops[from][k] + (place - from) * (stops[from + 1][k] - stops[from][k]);
  }
  return new Uint32Array(bytes.buffer);
}

/** A picture with a caption, a read-out and a table. `hover` and `cursor` are what the pointer and the keyboard are at. Who extends it says what is under a
 *  point, where keys lead, what a choice sends, what to draw for a new width and for a new place, and what stands in the table. */
class Picture {
  finest = 2; // device pixels to a CSS pixel, at most

  constructor(host, role, keys) {
    Object.assign(this, { host, role, keys, painted: 0, hover: null, cursor: null });
    this.probe = element("canvas").getContext("2d", { willReadFrequently: true });
    this.caption = element("div", "caption");
    this.upper = element("canvas", { class: "pointer", tabindex: "0", role: "img", "aria-roledescription": role });
    this.scale = element("span", "scale");
    this.toggle = element("button", { class: "toggle", type: "button", "aria-expanded": "false" }, "Table");
    this.readout = element("div", { class: "readout", "aria-live": "polite", "aria-atomic": "true" });
    this.numbers = element("div", { class: "numbers", tabindex: "0", role: "region", "aria-label": "Table of the numbers", hidden: "" });
    this.toggle.addEventListener("click", () => this.turnTable());
    this.numbers.addEventListener("keydown", (event) => {
      if (!["t", "Escape"].includes(event.key)) return;
      event.preventDefault();
      this.turnTable();
    });
    this.upper.addEventListener("pointermove", (event) => this.point(this.locate(event)));
    this.upper.addEventListener("pointerleave", () => this.point(null));
    this.upper.addEventListener("click", (event) => {
      const at = this.locate(event);
      if (at) this.choose(at);
    });
    this.upper.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.press(event.key, event.shiftKey)) return;
      event.preventDefault(); // arrows and Space would scroll the page
      event.stopPropagation(); // and Streamlit has shortcuts of its own
    });
    this.upper.addEventListener("blur", () => {
      if (this.numbers.hidden) this.cursor = null; // who goes to the table comes back to the same place
      this.overlay();
    });
    this.observer = new ResizeObserver(() => this.host.clientWidth !== this.wide && this.arrange());
    this.observer.observe(host);
  }

  /** Take new data, or the same data after a change of theme. */
  update(data, commit) {
    Object.assign(this, { data, commit, T: data.rows.length, S: data.columns.length });
    this.caption.textContent = data.label;
    this.upper.setAttribute("aria-label", `${data.label || this.role}: ${this.about()}. ${this.keys}, Escape returns, t shows a table.`);
    this.arrange();
    if (!this.numbers.hidden) this.numbers.replaceChildren(this.table());
  }

  about() { return `${this.data.names.length} heads, ${this.T} tokens`; }

  reveal() {} // of what scrolls inside

  end() { this.observer.disconnect(); }

  arrange() {
    this.wide = this.host.clientWidth;
    if (!this.data || !this.wide) return; // hidden, in a closed tab: the observer calls again
    const style = getComputedStyle(this.host);
    const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
    const [page, text] = [this.rgb(read("--st-background-color", "#ffffff")), read("--st-text-color", "#31333F")];
    const dark = 0.2126 * page[0] + 0.7152 * page[1] + 0.0722 * page[2] < 128;
    this.theme = { page, text, dark, font: read("--st-font", "sans-serif"), code: read("--st-code-font", "monospace"), ...TONES[dark ? "dark" : "light"] };
    this.ratio = clamp(window.devicePixelRatio || 1, 1, this.finest);
    this.draw();
  }

  rgb(colour) {
    this.probe.fillStyle = colour;
    this.probe.fillRect(0, 0, 1, 1);
    return [...this.probe.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  }

  size(canvas, width, height) {
    [canvas.width, canvas.height] = [width * this.ratio, height * this.ratio];
    [canvas.style.width, canvas.style.height] = [`${width}px`, `${height}px`];
  }

  /** Once the page's font is there, arrange again: it has other widths. */
  expect(font) {
    if (!document.fonts || document.fonts.check(font) || this.awaited === font) return;
    this.awaited = font;
    document.fonts.load(font).then(() => this.arrange(), () => {});
  }

  /** Thin diagonals that meet at the tile's borders, for what is masked; in device pixels. */
  hatching(strength) {
    const n = Math.round(7 * this.ratio);
    const tile = element("canvas", { width: n, height: n });
    const ink = tile.getContext("2d");
    ink.strokeStyle = this.theme.text;
    ink.lineWidth = this.ratio;
    for (const shift of [-n, 0, n]) { ink.moveTo(shift - 1, n + 1); ink.lineTo(shift + n + 1, -1); }
    ink.globalAlpha = strength;
    ink.stroke();
    return ink.createPattern(tile, "repeat");
  }

  /** What is under the pointer. */
  locate({ clientX, clientY }) {
    const { left, top } = this.upper.getBoundingClientRect();
    return this.under(clientX - left, clientY - top);
  }

  point(at) {
    if (JSON.stringify(at) === JSON.stringify(this.hover)) return; // still on the same one
    this.hover = at;
    this.overlay();
  }

  /** Go, choose, come back or open the table; whether the key is one of ours. */
  press(key) {
    const moves = this.moves();
    if (key in moves) {
      [this.hover, this.cursor] = [null, moves[key]]; // a pointer left lying on the picture should not hold the read-out
      this.reveal(this.cursor);
      this.overlay();
    } else if (key === "Enter" || key === " ") this.choose(this.here());
    else if (key === "Escape") { this.hover = this.cursor = null; this.overlay(); }
    else if (key === "t") this.turnTable();
    else return false;
    return true;
  }

  /** The colour bar of [r, g, b] stops with its range, and the sign of what is masked. */
  legend(stops, data) {
    const { values, hole = "masked" } = data;
    this.scale.replaceChildren(...this.bar(stops, data), ...(values.some(Number.isNaN) ? [element("span", "hatch"), hole] : []));
  }

  bar(stops, { low, high, digits }) {
    const ramp = element("span", { class: "ramp", role: "img", "aria-label": "colour scale" });
    ramp.style.backgroundImage = `linear-gradient(to right, ${stops.map((stop) => `rgb(${stop})`).join(", ")})`;
    return [element("span", {}, figure(low, digits)), ramp, element("span", {}, figure(high, digits))]; // bare texts that meet would run together
  }

  /** Put what is looked at in words; the line is a live region, so a screen reader speaks it, and nothing twice. */
  say(...parts) {
    const line = element("span", {}, ...parts);
    if (line.textContent !== this.readout.textContent) this.readout.replaceChildren(line);
  }

  /** Open the table and go there, or close it and go back to where the reader came from. */
  turnTable() {
    const open = this.numbers.hidden;
    if (open) {
      this.opener = this.host.getRootNode().activeElement ?? this.toggle;
      this.numbers.replaceChildren(this.table()); // before the picture loses its cursor
    }
    this.numbers.hidden = !open;
    this.toggle.setAttribute("aria-expanded", String(open));
    (open ? this.numbers : this.opener).focus();
  }

  /** The numbers as a real table; `entries()` gives its title, the heads of its columns, and lines of [what is chosen, head, ...numbers]: true for the
   *  whole line, or the place of one of its numbers. */
  table() {
    const [title, columns, lines] = this.entries();
    const current = (chosen) => (chosen ? { "aria-current": "true" } : {});
    return element("table", {}, element("caption", {}, title), element("thead", {}, element("tr", {}, ...columns.map((text) => element("th", { scope: "col" }, text)))),
      element("tbody", {}, ...lines.map(([chosen, name, ...numbers]) => element("tr", current(chosen === true),
        element("th", { scope: "row" }, name), ...numbers.map((text, place) => element("td", current(chosen === place), text))))));
  }
}
