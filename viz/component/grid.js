// @ts-check
// One thumbnail per head, all of them in a single ImageData on one canvas; a second canvas above holds the
// outlines, so that a hover redraws a few lines and never the matrices. Nothing goes to the server but a
// chosen head.

import { Picture } from "./canvas.js";
import { colouring, palette, rgb } from "./colours.js";
import { unpack, view } from "./mount.js";
import { figure } from "./numbers.js";
import { clamp, element, isolated, projected, tall } from "./parts.js";
import { shown } from "./raster.js";

const GAP = 10; // CSS pixels between thumbnails
const EDGE = 2; // at both sides, for outlines
const LINE = 15; // of a caption
const SMALLEST = 44; // a thumbnail below which nothing can be told apart
const HELP =
  "Point at a cell to read it. Click a head, or walk with the arrow keys and press Enter, to see it large; " +
  "t opens the numbers.";

class Grid extends Picture {
  N = 0; // heads
  high; // of a thumbnail, in device pixels
  long; // its width

  constructor(host) {
    super(host, "heatmaps", "Arrow keys walk from head to head, Enter opens one");
    this.hover = this.cursor = null; // { head, row, column }, row -1 for all of a head
    this.lower = element("canvas", { "aria-hidden": "true" });
    this.stage = element("div", "stage", this.lower, this.upper);
    this.room = element("div", "room", this.stage);
    const foot = element("div", "foot", this.scale, this.toggle);
    host.replaceChildren(this.caption, this.readout, this.room, foot, this.numbers);
  }

  update(data, commit) {
    [this.N, this.hover, this.selected] = [data.names.length, null, data.selected];
    if (this.cursor?.head >= this.N) this.cursor = null;
    super.update(data, commit);
  }

  /** Choose all sizes from the width and the captions, then draw everything in one go. */
  draw() {
    const { data, theme, T, S, ratio } = this;
    this.room.style.maxHeight = projected() ? `${tall(0)}px` : "";
    for (let width = -1; width !== this.room.clientWidth;) {
      // once, and again if a scroll bar comes
      width = this.room.clientWidth;
      this.stage.style.height = `${this.layOut(width)}px`;
    }
    const [{ across, side, above }, width] = [this, this.room.clientWidth];
    const pixels = (count) => Math.max(1, Math.round((side * ratio * count) / Math.max(T, S)));
    [this.high, this.long] = [pixels(T), pixels(S)];
    const gap = Math.min((width - 2 * EDGE - across * side) / Math.max(1, across - 1), 3 * GAP);
    const x = (i) => Math.floor((EDGE + (i % across) * (side + gap)) * ratio);
    const y = (i) => Math.round((Math.floor(i / across) * (above + side + GAP) + above) * ratio);
    this.origins = data.names.map((_, i) => ({ x: x(i), y: y(i) }));
    for (const canvas of [this.lower, this.upper]) this.size(canvas, width, this.stage.clientHeight);
    const stops =
      data.kind === "signed"
        ? [rgb(theme.blue), theme.page, rgb(theme.vermillion)]
        : [theme.page, rgb(theme.blue)];
    this.raster(palette(stops), palette([theme.page, rgb(theme.text)])[150]);
    this.captions();
    this.legend(stops, data);
    const chosen = data.names[this.selected];
    if (chosen && chosen !== this.revealed) this.reveal({ head: this.selected });
    this.revealed = chosen; // once: afterwards the reader scrolls
    this.painted++;
    this.overlay();
  }

  /** Thumbnails across, their side and the height above them; returns the height of all. A caption must fit,
   *  so a phone has fewer across. */
  layOut(width) {
    const { data, N, probe, theme } = this;
    this.above = LINE * this.zoom * Math.max(...data.notes.map((note) => note.split("\n").length));
    probe.font = `600 ${11 * this.zoom}px ${theme.font}`;
    const captions = [...new Set(data.notes.map((note) => note.split("\n")[1] ?? ""))];
    const least = Math.max(SMALLEST, ...captions.map((text) => probe.measureText(text).width));
    const side = (across) => Math.floor((width - 2 * EDGE - GAP * (across - 1)) / across);
    this.across = clamp(data.across, 1, N);
    while (this.across > 1 && side(this.across) < least) this.across--;
    this.side = clamp(side(this.across), 1, this.highest(N > 48 ? 72 : data.side));
    return Math.ceil(N / this.across) * (this.above + this.side + GAP);
  }

  /** How high a thumbnail is at most; where one picture fills the screen, all of them do. */
  highest(declared) {
    if (!projected()) return tall(declared);
    return Math.max(SMALLEST, tall(0) / Math.ceil(this.N / this.across) - this.above - GAP);
  }

  /** Paint all matrices: one ImageData, one call. */
  raster(colours, hatch) {
    const { data, T, S, high, long } = this;
    const image = new ImageData(this.lower.width, this.lower.height);
    const pixels = new Uint32Array(image.data.buffer);
    const { values } = data;
    const colour = colouring(data, colours);
    this.places = this.origins.map(({ x, y }, n) => {
      const places = shown(values, n * T * S, T, S, high, long);
      for (let r = 0, i = 0; r < high; r++) {
        for (let c = 0, at = (y + r) * image.width + x; c < long; c++, i++, at++) {
          const value = values[places[i]];
          if (!Number.isNaN(value)) pixels[at] = colour(value);
          else if ((r + c) % 6 === 0) pixels[at] = hatch;
        }
      }
      return places;
    });
    this.lower.getContext("2d").putImageData(image, 0, 0);
  }

  captions() {
    const { data, ratio, theme, side, high, long } = this;
    const ink = this.lower.getContext("2d");
    ink.setTransform(ratio, 0, 0, ratio, 0, 0);
    ink.strokeStyle = ink.fillStyle = theme.text;
    const write = (text, [weight, size], alpha, align, x, y) => {
      const font = `${weight} ${size * this.zoom}px ${theme.font}`;
      [ink.font, ink.globalAlpha, ink.textAlign] = [font, alpha, align];
      ink.fillText(text, x, y);
    };
    this.origins.forEach(({ x, y }, n) => {
      const [left, top, [number, name = ""]] = [x / ratio, y / ratio, data.notes[n].split("\n")];
      const first = top - this.above + LINE * this.zoom - 4; // where the first line stands
      write(data.names[n], [600, 12], 1, "left", left, first);
      write(number, [400, 12], 1, "right", left + side, first);
      const [weight, alpha] = name === data.faint ? [400, 0.6] : [600, 1];
      write(name, [weight, 11], alpha, "left", left, top - 4);
      ink.globalAlpha = 0.3;
      ink.strokeRect(left - 0.5, top - 0.5, long / ratio + 1, high / ratio + 1);
    });
  }

  /** Draw the upper canvas: the open head, the keyboard's cursor, the cell under the pointer; and put it in
   *  words. */
  overlay() {
    if (!this.origins) return;
    const { T, S, high, long, ratio, hover, cursor, selected, theme } = this;
    const ink = this.upper.getContext("2d");
    ink.clearRect(0, 0, this.upper.width, this.upper.height);
    [ink.strokeStyle, ink.fillStyle, ink.globalAlpha] = [theme.text, theme.text, 1];
    const frame = (n, width, dash = []) => {
      ink.lineWidth = width * ratio;
      ink.setLineDash(dash.map((length) => length * ratio));
      ink.strokeRect(this.origins[n].x, this.origins[n].y, long, high);
    };
    if (selected !== null) frame(selected, 3);
    if (cursor) frame(cursor.head, 4, [6, 3]);
    if (hover) frame(hover.head, 1.5);
    if (hover?.row >= 0) {
      const { x, y } = this.origins[hover.head];
      ink.globalAlpha = 0.5;
      ink.fillRect(x, y + ((hover.row + 0.5) * high) / T, long, ratio);
      ink.fillRect(x + ((hover.column + 0.5) * long) / S, y, ratio, high);
    }
    this.tell(hover ?? cursor);
  }

  /** Put in words the cell that is meant, or the strongest one of the head; and leave on the host what a test
   *  wants to know. */
  tell(meant) {
    const { data, T, S, ratio, selected } = this;
    const at = meant && (meant.row < 0 ? this.peak(meant.head) : meant);
    const value = at ? data.values[(at.head * T + at.row) * S + at.column] : "";
    this.say(at ? this.words(at, value, at === meant ? ": " : "; strongest: ") : HELP);
    const places = this.origins.map(({ x, y }) => [x / ratio, y / ratio]);
    Object.assign(this.host.dataset, {
      painted: this.painted,
      revision: data.revision,
      rows: T,
      columns: S,
      names: data.names.join(" "),
      across: this.across,
      selected: data.names[selected] ?? "",
      at: at ? data.names[at.head] : "",
      cell: at ? `${at.row},${at.column}` : "",
      value,
      side: [this.long, this.high].map((size) => size / ratio),
      places: JSON.stringify(places),
    });
  }

  about() {
    const head = this.selected ?? 0;
    const at = this.peak(head);
    const strongest =
      at && this.words(at, this.data.values[(head * this.T + at.row) * this.S + at.column], "; strongest: ");
    return [strongest, super.about()].filter(Boolean).join("; ");
  }

  words({ head, row, column }, value, link) {
    const { data } = this;
    const token = (tokens, i) => `${isolated(tokens[i])} (${data.start + i + 1})`;
    const name = [data.names[head], ...data.notes[head].split("\n")].filter(Boolean).join(", ");
    return `head ${name}${link}${token(data.rows, row)} → ${token(data.columns, column)}: ${figure(value)}`;
  }

  cell(place) {
    return {
      head: Math.floor(place / (this.T * this.S)),
      row: Math.floor(place / this.S) % this.T,
      column: place % this.S,
    };
  }

  /** The strongest cell of a head. */
  peak(head) {
    const [{ values }, size] = [this.data, this.T * this.S];
    let best = head * size;
    for (let i = best; i < (head + 1) * size; i++) {
      if (Math.abs(values[i]) > Math.abs(values[best]) || Number.isNaN(values[best])) best = i;
    }
    return this.cell(best);
  }

  /** The cell under a point, of several under a pixel the one whose colour it shows; in a caption, the head
   *  alone. */
  under(left, top) {
    for (const [head, { x, y }] of this.origins.entries()) {
      const [r, c] = [Math.floor(top * this.ratio - y), Math.floor(left * this.ratio - x)];
      if (c < 0 || c >= this.long || r < -this.above * this.ratio || r >= this.high) continue;
      return r < 0 ? { head, row: -1, column: -1 } : this.cell(this.places[head][r * this.long + c]);
    }
    return null;
  }

  here() {
    return this.cursor ?? { head: this.selected ?? 0, row: -1, column: -1 };
  }

  choose({ head }) {
    this.selected = head;
    this.reveal({ head });
    this.overlay();
    this.commit("head", this.data.names[head]);
  }

  moves() {
    const [{ head }, N] = [this.here(), this.N];
    const go = (to) => ({ head: to >= 0 && to < N ? to : head, row: -1, column: -1 });
    const [up, down] = [go(head - this.across), go(head + this.across)];
    return {
      ArrowLeft: go(head - 1),
      ArrowRight: go(head + 1),
      ArrowUp: up,
      ArrowDown: down,
      Home: go(0),
      End: go(N - 1),
    };
  }

  reveal({ head }) {
    const [bottom, step] = [
      this.origins[head].y / this.ratio + this.side + GAP,
      this.above + this.side + GAP,
    ];
    this.room.scrollTop = clamp(this.room.scrollTop, bottom - this.room.clientHeight, bottom - step);
  }

  /** For the table: the measures of all heads; without measures, the weights of one head. */
  entries() {
    const { data, S, T } = this;
    const [{ head }, titles] = [this.here(), Object.keys(data.measures)];
    if (titles.length) {
      const measures = (n) => titles.map((title) => figure(data.measures[title][n]));
      const line = (name, n) => [n === head, name, data.notes[n].split("\n")[1] ?? "", ...measures(n)];
      return {
        title: "What is measured of each head",
        heads: ["head", "name", ...titles],
        lines: data.names.map(line),
      };
    }
    const labels = (tokens) => tokens.map((token, i) => `${data.start + i + 1} ${isolated(token)}`);
    const weights = (r) =>
      Array.from(data.values.subarray((head * T + r) * S, (head * T + r + 1) * S), (value) => figure(value));
    const lines = labels(data.rows).map((name, r) => [false, name, ...weights(r)]);
    const heads = ["row asks, column answers", ...labels(data.columns)];
    return { title: `head ${data.names[head]}`, heads, lines };
  }
}

export default view("grid", Grid, unpack);
