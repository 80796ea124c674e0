// @ts-check
// A heatmap on two stacked canvases. The lower one holds the matrix and its labels and changes with the data;
// the upper one holds the crosshair and the cursor, so that a hover redraws a few lines and never the matrix.
// Nothing goes to the server but a chosen cell, or a painted mask.

import { Brush } from "./brush.js";
import { Picture, steps } from "./canvas.js";
import { palette, rgb } from "./colours.js";
import { fade } from "./fade.js";
import { leave, settle } from "./glide.js";
import { Layout, inside } from "./layout.js";
import { unpack, view } from "./mount.js";
import { figure, plural } from "./numbers.js";
import { counted, element, parted, placed, spoken, tall } from "./parts.js";
import { canvasOf, images, stamped, strongest } from "./raster.js";
import { blind, figures, letters, outline, rules } from "./sheet.js";

const PAINTS = "Space turns a cell over, Shift with an arrow paints on";
const OPEN = "may look"; // what an open cell of a mask says
const WHOLE_TABLE = 64; // tokens: beyond this a table of everything is no help to anybody

/** Whether other numbers stand in the same cells: another step of the same text. */
const becomes = (before, after) =>
  before.label !== after.label &&
  before.revision === after.revision &&
  before.values.length === after.values.length;

class Heatmap extends Picture {
  finest = 3;

  constructor(host) {
    super(host, "heatmap");
    this.brush = new Brush(() => {
      this.rasterise();
      this.paint();
    });
    this.lower = element("canvas", { "aria-hidden": "true" });
    this.tip = element("div", { class: "tip", "aria-hidden": "true", hidden: "" });
    this.stage = element("div", "stage", this.lower, this.upper, this.tip);
    const foot = element("div", "foot", this.scale, this.toggle);
    host.replaceChildren(this.caption, this.stage, foot, this.readout, this.numbers);
    this.upper.addEventListener("pointerdown", (event) => this.begin(event));
    for (const end of ["pointerup", "pointercancel", "blur"]) {
      this.upper.addEventListener(end, () => this.finish());
    }
    this.upper.addEventListener("keyup", (event) => event.key === "Shift" && this.finish());
  }

  /** Take new data, or the same data after a change of theme. */
  update(data, commit) {
    const { brush } = this;
    const late = brush.at || data.stamp < brush.sent; // painted on since this was computed
    if (data.paints && late && this.data?.values.length === data.values.length) {
      data.values = this.data.values;
    }
    brush.hold(data.values, data.columns.length);
    const kept = (cell) => (inside(cell, data.rows.length, data.columns.length) ? cell : null);
    [this.selected, this.cursor, this.hover] = [kept(data.selected), kept(this.cursor), kept(this.hover)];
    if (this.data && becomes(this.data, data)) fade(this.lower);
    const does = data.paints ? PAINTS : "Enter selects";
    this.keys = `Arrow keys move, Home and End go to the row's ends, ${does}`;
    this.upper.classList.toggle("paints", Boolean(data.paints));
    super.update(data, commit);
  }

  /** What is to be seen: whom the chosen row looks at most, else the largest number of all. */
  about() {
    const { data, T, S } = this;
    const size = `${T} rows (${data.row_role}), ${S} columns (${data.column_role})`;
    if (data.kind === "mask") {
      const open = data.values.filter((value) => value === 1).length;
      return `${open} of ${plural("cell", T * S)} ${OPEN}; ${size}`;
    }
    const looks = data.kind === "weights" && data.row_role === "query";
    const row = this.selected?.[0] ?? T - 1;
    const cell = looks ? this.largest(row, row + 1) : this.largest(0, T);
    if (!cell) return `all ${data.hole}; ${size}`;
    const [query, key] = [spoken(data.rows[cell[0]]), spoken(data.columns[cell[1]])];
    const finding = looks ? `${query} looks most at ${key}, ` : `the largest is ${query}, ${key}: `;
    return `${finding}${this.word(cell)}; ${size}`;
  }

  /** The cell with the largest number, up or down, in the rows from `from` to before `to`; null for none. */
  largest(from, to) {
    let best = -1;
    for (let i = from * this.S; i < to * this.S; i++) {
      const size = Math.abs(this.data.values[i]);
      if (size >= 0 && (best < 0 || size > Math.abs(this.data.values[best]))) best = i;
    }
    return best < 0 ? null : [Math.floor(best / this.S), best % this.S];
  }

  value([row, column]) {
    return this.data.values[row * this.S + column];
  }

  /** A cell's value as it is read. */
  word(cell) {
    const { data } = this;
    if (Number.isNaN(this.value(cell))) return data.hole;
    return data.kind === "mask" ? OPEN : figure(this.value(cell), data.digits);
  }

  /** Choose all sizes from the width, then draw. */
  draw() {
    const { data, theme, ratio, probe, wide } = this;
    const height = Math.min(tall(data.height), wide); // whatever the numbers, so that nothing below moves
    this.stage.style.height = `${height}px`;
    const [blue, vermillion] = [rgb(theme.blue), rgb(theme.vermillion)];
    this.stops = data.kind === "signed" ? [blue, theme.page, vermillion] : [theme.page, blue];
    this.colours = palette(this.stops);
    this.layout = new Layout(data, {
      width: wide,
      height,
      ratio,
      zoom: this.zoom,
      ink: probe,
      code: theme.code,
    });
    for (const canvas of [this.lower, this.upper]) {
      this.size(canvas, this.layout.width, height);
      canvas.getContext("2d").scale(ratio, ratio);
    }
    this.expect(`700 ${this.layout.em}px ${theme.code}`);
    this.rasterise();
    this.paint();
  }

  /** Make the matrix once as a picture of its own, so that a change of selection only copies it. */
  rasterise() {
    const { T, S, ratio, data } = this;
    const { broad, high } = this.layout;
    const [width, height] = [S * broad * ratio, T * high * ratio].map((size) =>
      Math.max(1, Math.round(size)),
    );
    const columns = broad < 1 ? Math.max(1, Math.round(S * broad)) : S;
    const rows = high < 1 ? Math.max(1, Math.round(T * high)) : T;
    const dense = broad < 1 || high < 1; // several cells under a pixel
    this.peaks = dense ? { index: strongest(data.values, T, S, rows, columns), rows, columns } : null;
    const peak = (cell) => (cell < 0 ? NaN : data.values[cell]);
    const values = dense ? Float32Array.from(this.peaks.index, peak) : data.values;
    const { colour, mask } = images(values, rows, columns, data, this.colours);
    this.raster = canvasOf(width, height);
    const ink = this.raster.getContext("2d");
    ink.imageSmoothingEnabled = false;
    ink.drawImage(stamped(mask), 0, 0, width, height);
    ink.globalCompositeOperation = "source-in"; // the hatching shows only where the mask is
    ink.fillStyle = this.hatching(0.35);
    ink.fillRect(0, 0, width, height);
    ink.globalCompositeOperation = "source-over";
    ink.drawImage(stamped(colour), 0, 0, width, height);
    this.legend(this.stops, data);
  }

  /** Where the parts stand that another picture has as well: a row, a column or a cell. */
  parts() {
    const { T, S, left, top, broad, high } = this.layout;
    const along = (i, count, from, size) => (i === null ? [from, count * size] : [from + i * size, size]);
    const box = ([r, c]) => {
      const [[x, width], [y, height]] = [along(c, S, left, broad), along(r, T, top, high)];
      return [x, y, width, height];
    };
    return Object.fromEntries(Object.entries(this.data.parts).map(([name, at]) => [name, box(at)]));
  }

  end() {
    leave(this.lower);
    super.end();
  }

  bar(stops, data) {
    if (data.kind !== "mask") return super.bar(stops, data);
    return [element("span", { class: "open", style: `background: rgb(${stops.at(-1)})` }), OPEN];
  }

  /** Draw the lower canvas: matrix, labels, selection. */
  paint() {
    if (!this.raster) return;
    const { T, S, left, top, broad, high } = this.layout;
    const ink = this.lower.getContext("2d");
    ink.clearRect(0, 0, this.lower.width, this.lower.height);
    ink.imageSmoothingEnabled = false;
    ink.drawImage(this.raster, left, top, S * broad, T * high);
    rules(ink, this);
    this.written = figures(ink, this);
    letters(ink, this);
    if (this.data.paints) blind(ink, this);
    if (this.selected) outline(ink, this);
    settle(this.lower, this.parts());
    this.describe();
    this.overlay();
  }

  /** Draw the upper canvas: the crosshair at the pointer, or the keyboard's cursor. */
  overlay() {
    if (!this.raster) return;
    const { layout, hover } = this;
    const ink = this.upper.getContext("2d");
    ink.clearRect(0, 0, this.upper.width, this.upper.height);
    const at = hover ?? this.cursor;
    this.tip.hidden = !at || Boolean(this.brush.at); // it would lie over the cells that are painted next
    this.tell();
    if (!at) return;
    const [row, column] = layout.boxes(at);
    Object.assign(ink, { strokeStyle: this.theme.text, globalAlpha: 0.6, lineWidth: 1 });
    ink.strokeRect(layout.left, row.y, this.S * layout.broad, row.size);
    ink.strokeRect(column.x, layout.top, column.size, this.T * layout.high);
    if (!hover) {
      Object.assign(ink, { globalAlpha: 1, lineWidth: 2.5 });
      ink.setLineDash([4, 3]);
      ink.strokeRect(column.x, row.y, column.size, row.size);
      ink.setLineDash([]);
    }
    this.explain(at, row, column);
  }

  /** Fill the tooltip and put it on the side of the cell that has more room. */
  explain([r, c], row, column) {
    const { data } = this;
    const [from, to] = [data.rows[r], data.columns[c]].map((token) =>
      element("bdi", {}, ...parted(token, 40)),
    );
    this.tip.replaceChildren(
      element("div", "pair", from, " → ", to),
      element("div", "number", this.word([r, c])),
      element("div", "place", this.placed([r, c])),
    );
    const [height, far] = [this.stage.clientHeight, 10];
    const [low, late] = [row.y > height / 2, column.x > this.wide / 2];
    Object.assign(this.tip.style, {
      left: late ? "auto" : `${column.x + column.size + far}px`,
      right: late ? `${this.wide - column.x + far}px` : "auto",
      top: low ? "auto" : `${row.y + row.size + far}px`,
      bottom: low ? `${height - row.y + far}px` : "auto",
    });
  }

  /** Where a cell stands, in words. */
  placed([r, c]) {
    const { rows, columns, row_role, column_role } = this.data;
    return `${placed(row_role, rows[r], r)}, ${placed(column_role, columns[c], c)}`;
  }

  /** Leave on the host what a test wants to know. */
  describe() {
    const { host, data, selected, layout } = this;
    Object.assign(host.dataset, {
      rows: this.T,
      columns: this.S,
      revision: data.revision,
      painted: ++this.painted,
      cell: selected ? selected.join(",") : "",
      open: data.kind === "mask" ? data.values.filter((value) => value === 1).length : "",
      letters: layout.em,
      written: this.written,
      cells: [layout.left, layout.top, layout.broad, layout.high].join(","),
      value: selected ? (Number.isNaN(this.value(selected)) ? data.hole : String(this.value(selected))) : "",
    });
  }

  /** Put in words the cell that is painted, that the keys are at, or that is chosen. */
  tell() {
    const { data } = this;
    const cell = this.brush.at ?? this.cursor ?? this.selected;
    if (!cell && data.paints) {
      return this.say("Click cells, or drag over them; or use the arrow keys and Space.");
    }
    if (!cell) return this.say("Click a cell, or use the arrow keys on the picture.");
    const named = (token, i, role) => [element("bdi", {}, spoken(token)), counted(role, i)];
    const things = {
      "{row}": named(data.rows[cell[0]], cell[0], data.row_role),
      "{column}": named(data.columns[cell[1]], cell[1], data.column_role),
    };
    const parts = data.reading.split(/(\{row\}|\{column\})/).flatMap((part) => things[part] ?? [part]);
    return this.say(...parts, `: ${this.word(cell)}`);
  }

  /** The cell under a point; where a pixel covers several, the one whose colour it shows. */
  under(x, y) {
    const { T, S, peaks } = this;
    const [r, c] = this.layout.under(x, y);
    const cell = [Math.floor(r), Math.floor(c)];
    if (!inside(cell, T, S)) return null;
    const pixel =
      peaks && Math.floor((r / T) * peaks.rows) * peaks.columns + Math.floor((c / S) * peaks.columns);
    const peak = peaks ? peaks.index[pixel] : -1;
    return peak < 0 ? cell : [Math.floor(peak / S), peak % S];
  }

  here() {
    return this.cursor ?? this.selected ?? [0, 0];
  }

  /** Commit a cell: shown at once, and sent once. */
  choose(cell) {
    if (this.data.paints) return;
    this.selected = this.data.selected = cell;
    if (this.cursor) this.cursor = cell;
    this.paint();
    if (!this.numbers.hidden) this.numbers.replaceChildren(this.table());
    this.commit("cell", ...cell);
  }

  moves() {
    return steps(this.here(), this.T, this.S);
  }

  // ---- painting ----

  begin(event) {
    const cell = this.data.paints && event.button === 0 && this.locate(event);
    if (!cell) return;
    this.upper.setPointerCapture(event.pointerId); // a stroke goes on outside the picture, and ends there
    this.brush.begin(cell);
  }

  point(cell) {
    super.point(cell);
    this.brush.extend(cell);
  }

  /** Send the mask at the end of a stroke. */
  finish() {
    if (!this.brush.at) return;
    this.commit("mask", this.T, this.S, this.brush.end());
    if (!this.numbers.hidden) this.numbers.replaceChildren(this.table());
  }

  /** In a mask Space and Enter turn a cell over, and with Shift an arrow paints on what the cell has that it
   *  leaves; that stroke ends with Shift. */
  press(key, shift) {
    const { paints } = this.data;
    const from = this.here();
    if (paints && (key === "Enter" || key === " ")) {
      this.brush.begin(from);
      this.finish();
      return true;
    }
    const ours = super.press(key);
    if (paints && shift && key in this.moves()) {
      this.brush.carry(from);
      this.brush.extend(this.cursor);
    }
    return ours;
  }

  /** For the table: all numbers, or of a long text one row. */
  entries() {
    const { data, T, S, selected } = this;
    const label = (token, i) => `${i + 1} \u2068${parted(token, 24).join("")}\u2069`;
    if (Math.max(T, S) <= WHOLE_TABLE) {
      const words = (r) => data.columns.map((_, c) => this.word([r, c]));
      const line = (token, r) => [r === selected?.[0] ? selected[1] : null, label(token, r), ...words(r)];
      const heads = [`${data.row_role} \\ ${data.column_role}`, ...data.columns.map(label)];
      return { title: data.label || "All numbers", heads, lines: data.rows.map(line) };
    }
    const [row] = this.here();
    const chosen = (c) => row === selected?.[0] && c === selected[1];
    const lines = data.columns.map((token, c) => [chosen(c), label(token, c), this.word([row, c])]);
    const title = `Row ${label(data.rows[row], row)}: its ${S} numbers`;
    return { title, heads: [data.column_role, "value"], lines };
  }
}

export default view("heatmap", Heatmap, unpack);
