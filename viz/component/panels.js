// @ts-check
// Several small matrices over the same tokens on two stacked canvases: the lower one holds the matrices, the
// upper one the crosshair, which is in all of them at once, with the numbers of that cell over each. Nothing
// goes to the server but a chosen cell.

import { Picture, steps } from "./canvas.js";
import { palette, rgb } from "./colours.js";
import { unpack, view } from "./mount.js";
import { figure } from "./numbers.js";
import { counted, element, isolated, projected, spoken, tall, thinning } from "./parts.js";
import { images, stamped } from "./raster.js";

const TILT = Math.PI / 3; // column labels rise at 60 degrees
// CSS pixels, where type is 16 high: a label's letters, the room for the row labels of the first panel of a
// line and for the column labels of the first line, a title.
const SIZES = { letter: 12, left: 76, top: 62, title: 24 };
const GAP = 18;
const HELP = "Point at a cell, or use the arrow keys on the picture: it is marked in every panel.";
const SHOWN = 8; // characters of a label

class Panels extends Picture {
  across; // panels beside each other
  side; // of a panel, in CSS pixels
  cell; // of one of its cells
  letter;
  left;
  top;
  title;

  constructor(host) {
    super(host, "heatmaps", "Arrow keys move, Home and End go to the row's ends, Enter selects");
    this.lower = element("canvas", { "aria-hidden": "true" });
    this.stage = element("div", "stage", this.lower, this.upper);
    const foot = element("div", "foot", this.scale, this.toggle, this.readout);
    host.replaceChildren(this.caption, this.stage, foot, this.numbers);
  }

  update(data, commit) {
    const [T, S] = [data.rows.length, data.columns.length];
    const kept = (cell) => (cell && cell[0] < T && cell[1] < S ? cell : null);
    [this.hover, this.cursor] = [kept(this.hover), kept(this.cursor)];
    this.selected = data.selected;
    let next = 0;
    const map = () => data.values.subarray(next * T * S, ++next * T * S);
    this.maps = data.notes.map((note) => (note === null ? map() : null));
    super.update(data, commit);
  }

  about() {
    const { data, T, S } = this;
    const at = this.selected;
    const numbers = (cell) => data.titles.map((title, i) => `${title} ${this.number(i, cell)}`).join(", ");
    const tokens = (cell) => `${spoken(data.rows[cell[0]])}, ${spoken(data.columns[cell[1]])}`;
    const seen = at ? `${tokens(at)}: ${numbers(at)}` : data.titles.join(", ");
    return `${seen}; ${T} rows (${data.row_role}), ${S} columns (${data.column_role})`;
  }

  /** Choose all sizes from the width and the number of panels, never from the numbers, so that nothing moves
   *  when data arrives. */
  draw() {
    const { data, T, S, wide, theme } = this;
    const count = data.titles.length;
    Object.assign(this, this.scaled());
    const { left, top, title } = this;
    const room = (across) => (wide - left - GAP * across) / across;
    const high = (across) => (tall(0) - top) / Math.ceil(count / across) - title - GAP;
    const fits = (across) => Math.min(projected() ? high(across) : tall(data.side), room(across));
    const across = this.abreast(count, room, fits);
    const side = Math.floor(fits(across));
    const lines = Math.ceil(count / across);
    // What is left of the width goes between the panels.
    const step = Math.max(side, Math.min(room(across), 1.5 * side)) + GAP;
    const height = top + lines * (title + side) + (lines - 1) * GAP + 4;
    Object.assign(this, { across, side, cell: side / Math.max(T, S) });
    const down = (i) => Math.floor(i / across) * (title + side + GAP);
    this.origins = data.titles.map((_, i) => ({ x: left + (i % across) * step, y: top + down(i) + title }));
    for (const canvas of [this.lower, this.upper]) this.size(canvas, wide, height);
    this.stage.style.height = `${height}px`;
    this.expect(`${this.letter}px ${theme.code}`);
    const [blue, vermillion] = [rgb(theme.blue), rgb(theme.vermillion)];
    const stops = { weights: [theme.page, blue], signed: [blue, theme.page, vermillion] };
    const colours = { weights: palette(stops.weights), signed: palette(stops.signed) };
    const stamp = (values, scale) => stamped(images(values, T, S, scale, colours[scale.kind]).colour);
    this.stamps = this.maps.map((values, i) => values && stamp(values, data.scales[i]));
    this.scales(stops);
    const hatch = this.hatching(0.16);
    hatch.setTransform(new DOMMatrix().scale(1 / this.ratio));
    this.paint(hatch);
    this.overlay();
  }

  /** The sizes that grow with type. */
  scaled() {
    return Object.fromEntries(Object.entries(SIZES).map(([name, size]) => [name, size * this.zoom]));
  }

  /** How many panels stand abreast: as many as are wished for and have room; where one picture fills the
   *  screen, as many as make them largest.
   *  @param {number} count
   *  @param {(across: number) => number} room
   *  @param {(across: number) => number} fits */
  abreast(count, room, fits) {
    let across = Math.max(1, Math.min(count, this.data.across));
    while (across > 1 && room(across) < 110 * this.zoom) across--;
    if (!projected()) return across;
    const each = Array.from({ length: count }, (_, i) => i + 1);
    return each.reduce((a, b) => (fits(b) > fits(a) ? b : a));
  }

  /** One colour bar for each kind of scale, and the sign of what is masked. */
  scales(stops) {
    const some = this.data.scales.filter(
      (scale, i, all) => i === all.findIndex(({ kind }) => kind === scale.kind),
    );
    const bars = some.flatMap((scale) => this.bar(stops[scale.kind], scale));
    const masked = this.maps.some((values) => values?.some(Number.isNaN));
    this.scale.replaceChildren(...bars, ...(masked ? [element("span", "hatch"), this.data.hole] : []));
  }

  /** Draw the lower canvas. */
  paint(hatch) {
    const { data, maps, T, S, side, cell, theme, origins, across, ratio, letter, left, top } = this;
    const ink = this.lower.getContext("2d");
    ink.setTransform(ratio, 0, 0, ratio, 0, 0);
    ink.imageSmoothingEnabled = false;
    ink.textBaseline = "middle";
    ink.direction = "ltr";
    const [wide, high] = [S * cell, T * cell];
    origins.forEach(({ x, y }, i) => {
      ink.fillStyle = theme.text;
      ink.font = `600 ${13 * this.zoom}px ${theme.font}`;
      ink.textAlign = "left";
      ink.fillText(this.fitted(ink, data.titles[i], side), x, y - 12 * this.zoom);
      if (maps[i]) {
        ink.fillStyle = hatch;
        ink.fillRect(x, y, wide, high);
        this.blank(ink, maps[i], x, y);
        ink.drawImage(this.stamps[i], x, y, wide, high);
      } else this.note(ink, data.notes[i], x, y);
      ink.globalAlpha = 0.35;
      ink.strokeStyle = theme.text;
      ink.lineWidth = 1;
      ink.strokeRect(x - 0.5, y - 0.5, (maps[i] ? wide : side) + 1, (maps[i] ? high : side) + 1);
      ink.globalAlpha = 1;
      ink.fillStyle = theme.text;
      if (i % across === 0) this.rowLabels(ink, x, y);
      if (i < across) this.columnLabels(ink, x, y);
    });
    ink.font = `700 ${letter}px ${theme.code}`;
    ink.textAlign = "right";
    ink.fillStyle = theme.vermillionText;
    ink.fillText(`${data.column_role} →`, left - 8, top - 3 * letter);
    ink.fillStyle = theme.blue;
    ink.fillText(`${data.row_role} ↓`, left - 8, top - 1.7 * letter);
  }

  /** Take the hatching away under cells that have a number: a zero has the colour of the page, and must be
   *  plain. */
  blank(ink, values, x, y) {
    const { T, S, cell } = this;
    for (let r = 0; r < T; r++) {
      let start = -1;
      for (let c = 0; c <= S; c++) {
        const here = c < S && !Number.isNaN(values[r * S + c]);
        if (here && start < 0) start = c;
        if (here || start < 0) continue;
        ink.clearRect(x + start * cell, y + r * cell, (c - start) * cell, cell);
        start = -1;
      }
    }
  }

  /** Whether the title leaves room for the number; the readout has it in any case. */
  beside(ink, title) {
    return ink.measureText(title).width * 1.08 + 58 * this.zoom <= this.side;
  }

  fitted(ink, text, width) {
    let shown = text;
    while (shown.length > 1 && ink.measureText(shown).width > width) shown = `${shown.slice(0, -2)}…`;
    return shown;
  }

  note(ink, text, x, y) {
    const { side, theme } = this;
    ink.font = `${13 * this.zoom}px ${theme.font}`;
    const lines = [""];
    for (const word of text.split(" ")) {
      if (ink.measureText(`${lines.at(-1)} ${word}`).width > side - 16) lines.push(word);
      else lines[lines.length - 1] += lines.at(-1) ? ` ${word}` : word;
    }
    lines.forEach((line, i) =>
      ink.fillText(line, x + 8, y + side / 2 + (i - (lines.length - 1) / 2) * 18 * this.zoom),
    );
  }

  rowLabels(ink, x, y) {
    const { data, T, cell, theme, letter } = this;
    ink.font = `${letter}px ${theme.code}`;
    ink.textAlign = "right";
    const step = thinning(cell, letter * 1.2);
    for (let r = 0; r < T; r += step) {
      ink.fillText(isolated(data.rows[r], SHOWN), x - 6, y + (r + 0.5) * cell);
    }
  }

  columnLabels(ink, x, y) {
    const { data, S, cell, theme, letter, title } = this;
    ink.font = `${letter}px ${theme.code}`;
    ink.textAlign = "left";
    const step = thinning(cell, (letter * 1.1) / Math.sin(TILT));
    for (let c = 0; c < S; c += step) {
      ink.save();
      ink.translate(x + (c + 0.5) * cell, y - title - 2);
      ink.rotate(-TILT);
      ink.fillText(isolated(data.columns[c], SHOWN), 0, 0);
      ink.restore();
    }
  }

  /** Draw the upper canvas: the cell in every panel, with its number over each, and the readout. */
  overlay() {
    if (!this.origins) return;
    const { data, maps, T, S, cell, theme, origins, side, ratio } = this;
    const ink = this.upper.getContext("2d");
    ink.setTransform(ratio, 0, 0, ratio, 0, 0);
    ink.clearRect(0, 0, this.wide, this.stage.clientHeight);
    const at = this.hover ?? this.cursor ?? this.selected;
    if (at) {
      const [r, c] = at;
      const size = Math.max(cell, 6);
      ink.strokeStyle = theme.text;
      ink.textBaseline = "middle";
      ink.textAlign = "right";
      ink.font = `${13 * this.zoom}px ${theme.font}`;
      ink.fillStyle = theme.text;
      origins.forEach(({ x, y }, i) => {
        if (!maps[i]) return;
        const [cx, cy] = [x + (c + 0.5) * cell, y + (r + 0.5) * cell];
        ink.globalAlpha = 0.45;
        ink.lineWidth = 1;
        ink.strokeRect(x, cy - size / 2, S * cell, size);
        ink.strokeRect(cx - size / 2, y, size, T * cell);
        ink.globalAlpha = 1;
        ink.lineWidth = 2;
        ink.strokeRect(cx - size / 2, cy - size / 2, size, size);
        const number = figure(this.value(i, at));
        if (this.beside(ink, data.titles[i])) ink.fillText(number, x + side, y - 12 * this.zoom);
      });
    }
    this.tell(at);
    this.describe(at);
  }

  value(panel, [r, c]) {
    return this.maps[panel]?.[r * this.S + c];
  }

  /** The value as it is read. */
  number(panel, cell) {
    return this.maps[panel] ? figure(this.value(panel, cell)) : "—";
  }

  /** Put the cell in words. */
  tell(at) {
    const { data } = this;
    if (!at) return this.say(HELP);
    const asks = data.row_role === "query" ? " asks, " : ", ";
    const answers = data.column_role === "key" ? " answers: " : ": ";
    const numbers = data.titles.map((title, i) => `${title} ${this.number(i, at)}`).join(" · ");
    const [row, column] = [isolated(data.rows[at[0]]), isolated(data.columns[at[1]])];
    const [i, j] = [counted(data.row_role, at[0]), counted(data.column_role, at[1])];
    return this.say(`${row}${i}${asks}${column}${j}${answers}${numbers}`);
  }

  /** Leave on the wrapper what a test wants to know. */
  describe(at) {
    const { data } = this;
    const value = (i) => (this.maps[i] && !Number.isNaN(this.value(i, at)) ? this.value(i, at) : null);
    const values = at ? data.titles.map((_, i) => value(i)) : [];
    Object.assign(this.host.dataset, {
      painted: ++this.painted,
      revision: data.revision,
      titles: JSON.stringify(data.titles),
      notes: data.notes.filter(Boolean).length,
      rows: this.T,
      columns: this.S,
      cell: at ? at.join(",") : "",
      values: JSON.stringify(values),
      high: data.high,
    });
  }

  under(left, top) {
    const { T, S, cell } = this;
    for (const { x, y } of this.origins ?? []) {
      const [r, c] = [Math.floor((top - y) / cell), Math.floor((left - x) / cell)];
      if (r >= 0 && r < T && c >= 0 && c < S) return [r, c];
    }
    return null;
  }

  here() {
    return this.cursor ?? this.selected ?? [0, 0];
  }

  choose(cell) {
    this.selected = cell;
    if (this.cursor) this.cursor = cell;
    this.overlay();
    this.commit("cell", ...cell);
  }

  moves() {
    return steps(this.here(), this.T, this.S);
  }

  /** For the table: one row of every panel. */
  entries() {
    const { data, S } = this;
    const [r, chosen] = this.here();
    const label = (c) => `${c + 1} ${isolated(data.columns[c])}`;
    const line = (c) => [c === chosen, label(c), ...data.titles.map((_, i) => this.number(i, [r, c]))];
    const lines = Array.from({ length: S }, (_, c) => line(c));
    const title = `row ${r + 1}, ${isolated(data.rows[r])}`;
    return { title, heads: [data.column_role, ...data.titles], lines };
  }
}

export default view("panels", Panels, unpack);
