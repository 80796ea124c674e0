// @ts-check
// What pictures on a canvas share: sizes and theme, pointer and keys, the pattern of what is masked, the
// read-out, the table.

import { FORCED, theme } from "./colours.js";
import { focused } from "./keys.js";
import { figure, plural } from "./numbers.js";
import { clamp, element, zoom } from "./parts.js";

/** Where keys lead from a cell of a matrix (T, S). */
export function steps([r, c], T, S) {
  const cell = (row, column) => [clamp(row, 0, T - 1), clamp(column, 0, S - 1)];
  const ends = { Home: [r, 0], End: [r, S - 1] };
  return {
    ...ends,
    ArrowUp: cell(r - 1, c),
    ArrowDown: cell(r + 1, c),
    ArrowLeft: cell(r, c - 1),
    ArrowRight: cell(r, c + 1),
  };
}

/** A picture with a caption, a read-out and a table; who extends it fills in the methods at the end. */
export class Picture {
  finest = 2; // device pixels to a CSS pixel, at most
  data;
  commit;
  T = 0; // rows
  S = 0; // columns
  wide = 0; // of the host
  zoom = 1; // of letters
  sizes = []; // of host, window and letters, when all was arranged
  painted = 0; // times
  hover = null; // what the pointer is at
  cursor = null; // what the keys are at
  selected = null; // what was chosen

  constructor(host, role, keys) {
    this.host = host;
    this.role = role;
    this.keys = keys; // what they do, for the picture's name
    this.probe = element("canvas").getContext("2d", { willReadFrequently: true });
    this.caption = element("div", "caption");
    this.upper = element("canvas", {
      class: "pointer",
      tabindex: "0",
      role: "img",
      "aria-roledescription": role,
    });
    this.scale = element("span", "scale");
    this.toggle = element("button", { class: "toggle", type: "button", "aria-expanded": "false" }, "Table");
    this.readout = element("div", { class: "readout", "aria-live": "polite", "aria-atomic": "true" });
    this.numbers = element("div", {
      class: "numbers",
      tabindex: "0",
      role: "region",
      "aria-label": "Table of the numbers",
      hidden: "",
    });
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
    this.observer = new ResizeObserver(() => {
      const sizes = [this.host.clientWidth, window.innerHeight, zoom()];
      if (String(sizes) !== String(this.sizes)) this.arrange();
    });
    for (const one of [host, document.body]) this.observer.observe(one);
    this.forced = matchMedia(FORCED);
    this.recolour = () => this.arrange();
    this.forced.addEventListener("change", this.recolour);
  }

  /** Take new data, or the same data after a change of theme. */
  update(data, commit) {
    Object.assign(this, { data, commit, T: data.rows.length, S: data.columns.length });
    this.caption.textContent = data.label;
    this.upper.setAttribute(
      "aria-label",
      `${data.label || this.role}: ${this.about()}. ${this.keys}, Escape returns, t shows a table.`,
    );
    this.arrange();
    if (!this.numbers.hidden) this.numbers.replaceChildren(this.table());
  }

  end() {
    this.observer.disconnect();
    this.forced.removeEventListener("change", this.recolour);
  }

  arrange() {
    this.sizes = [this.host.clientWidth, window.innerHeight, zoom()];
    [this.wide, , this.zoom] = this.sizes;
    if (!this.data || !this.wide) return; // hidden, in a closed tab: the observer calls again
    this.theme = theme(this.host);
    this.ratio = clamp(window.devicePixelRatio || 1, 1, this.finest);
    this.draw();
  }

  size(canvas, width, height) {
    [canvas.width, canvas.height] = [width * this.ratio, height * this.ratio];
    [canvas.style.width, canvas.style.height] = [`${width}px`, `${height}px`];
  }

  /** Once the page's font is there, arrange again: it has other widths. */
  expect(font) {
    if (!document.fonts || document.fonts.check(font) || this.awaited === font) return;
    this.awaited = font;
    document.fonts.load(font).then(
      () => this.arrange(),
      () => {},
    );
  }

  /** Thin diagonals that meet at the tile's borders, for what is masked; in device pixels. */
  hatching(strength) {
    const n = Math.round(7 * this.ratio);
    const tile = element("canvas", { width: n, height: n });
    const ink = tile.getContext("2d");
    ink.strokeStyle = this.theme.text;
    ink.lineWidth = this.ratio;
    for (const shift of [-n, 0, n]) {
      ink.moveTo(shift - 1, n + 1);
      ink.lineTo(shift + n + 1, -1);
    }
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
  press(key, _shift = false) {
    const moves = this.moves();
    if (key in moves) {
      this.hover = null; // a pointer left lying on the picture should not hold the read-out
      this.cursor = moves[key];
      this.reveal(this.cursor);
      this.overlay();
    } else if (key === "Enter" || key === " ") this.choose(this.here());
    else if (key === "Escape") {
      this.hover = this.cursor = null;
      this.overlay();
    } else if (key === "t") this.turnTable();
    else return false;
    return true;
  }

  /** The colour bar of [r, g, b] stops with its range, and the sign of what is masked. */
  legend(stops, data) {
    const { values, hole = "masked" } = data;
    this.scale.replaceChildren(
      ...this.bar(stops, data),
      ...(values.some(Number.isNaN) ? [element("span", "hatch"), hole] : []),
    );
  }

  /** @returns {(string | HTMLElement)[]} */
  bar(stops, { low, high, digits }) {
    const ramp = element("span", { class: "ramp", role: "img", "aria-label": "colour scale" });
    const colours = stops.map((stop) => `rgb(${stop})`).join(", ");
    ramp.style.backgroundImage = `linear-gradient(to right, ${colours})`;
    const end = (value) => element("span", {}, figure(value, digits)); // bare texts would run together
    return [end(low), ramp, end(high)];
  }

  /** Put what is looked at in words; the line is a live region, so a screen reader speaks it, and nothing
   *  twice. */
  say(...parts) {
    const line = element("span", {}, ...parts);
    if (line.textContent !== this.readout.textContent) this.readout.replaceChildren(line);
  }

  /** Open the table and go there, or close it and go back to where the reader came from. */
  turnTable() {
    const open = this.numbers.hidden;
    if (open) {
      this.opener = focused(this.host) ?? this.toggle;
      this.numbers.replaceChildren(this.table()); // before the picture loses its cursor
    }
    this.numbers.hidden = !open;
    this.toggle.setAttribute("aria-expanded", String(open));
    (open ? this.numbers : this.opener).focus();
  }

  /** The numbers as a real table. */
  table() {
    const { title, heads, lines } = this.entries();
    const current = (chosen) => (chosen ? { "aria-current": "true" } : {});
    const head = heads.map((text) => element("th", { scope: "col" }, text));
    const rows = lines.map(([chosen, name, ...numbers]) => {
      const cells = numbers.map((text, place) => element("td", current(chosen === place), text));
      return element("tr", current(chosen === true), element("th", { scope: "row" }, name), ...cells);
    });
    const [caption, body] = [element("caption", {}, title), element("tbody", {}, ...rows)];
    return element("table", {}, caption, element("thead", {}, element("tr", {}, ...head)), body);
  }

  // ---- what each picture says for itself; a place is a cell, a head, a token ----

  /** What the picture shows, in words. */
  about() {
    return `${plural("head", this.data.names.length)}, ${plural("token", this.T)}`;
  }

  /** Choose all sizes from the width, and draw everything. */
  draw() {}

  /** Draw what marks the place of the pointer or of the keys, and put it in words. */
  overlay() {}

  /** The place under a point, in CSS pixels from the picture's corner; null beside all of them. */
  under(_x, _y) {
    return null;
  }

  /** The place from which the keys go on. */
  here() {
    return this.cursor;
  }

  /** The place to which each key leads.
   *  @returns {Record<string, any>} */
  moves() {
    return {};
  }

  /** Scroll to a place, where the picture scrolls inside. */
  reveal(_place) {}

  /** Choose a place. */
  choose(_place) {}

  /** The table: its title, the heads of its columns, and lines of [what is chosen, head, ...numbers]: true
   *  for the whole line, or the place of one of its numbers.
   *  @returns {{ title: string, heads: string[], lines: any[][] }} */
  entries() {
    return { title: "", heads: [], lines: [] };
  }
}
