// @ts-check
// Numbers over a picture cut into patches, in several copies on one scale: the colours say the numbers, and
// the picture lies upon them as ink. Nothing goes to the server but a chosen patch, or a chosen copy.

import { Picture, steps } from "./canvas.js";
import { palette, rgb } from "./colours.js";
import { bytes } from "./ink.js";
import { unpack, view } from "./mount.js";
import { figure } from "./numbers.js";
import { clamp, element, projected, tall } from "./parts.js";
import { canvasOf, images, stamped } from "./raster.js";

const GAP = 14; // CSS pixels between copies
const LINE = 17; // of a title
const SMALLEST = 84; // of a copy, where it is not meant to be smaller
const EDGE = 2; // at both sides, for outlines
const INK = 0.5; // how much of what lies below a full ink hides

class Mosaic extends Picture {
  N = 0; // copies
  pixel; // of the picture, in CSS pixels
  high; // of a copy, in CSS pixels
  long; // its width

  constructor(host) {
    super(host, "picture in patches", "");
    this.lower = element("canvas", { "aria-hidden": "true" });
    this.stage = element("div", "stage", this.lower, this.upper);
    const foot = element("div", "foot", this.scale, this.toggle);
    host.replaceChildren(this.caption, this.stage, foot, this.readout, this.numbers);
  }

  update(data, commit) {
    this.N = data.titles.length;
    this.whole = data.walks === "panels"; // whether whole copies are walked and chosen
    this.keys = this.whole
      ? `Arrow keys walk from ${data.role} to ${data.role}, Enter chooses one`
      : "Arrow keys walk from patch to patch, Enter chooses one";
    this.ink = bytes(data.pixels);
    this.selected = this.whole ? this.copy(data.titles.indexOf(data.chosen)) : this.patch(data.selected);
    this.hover = null;
    if (this.cursor?.copy >= this.N || Boolean(this.cursor?.at) === this.whole) this.cursor = null;
    super.update(data, commit);
  }

  patch(at) {
    return at ? { copy: 0, at } : null;
  }

  copy(place) {
    return place >= 0 ? { copy: place, at: null } : null;
  }

  /** What is to be seen: where each copy has its largest number. */
  about() {
    const { data } = this;
    const most = (i) => {
      const place = this.peak(i);
      const [r, c] = [Math.floor(place / this.S), place % this.S];
      return place < 0
        ? "nothing"
        : `most at row ${r + 1}, column ${c + 1}: ${figure(this.numberAt(i, place))}`;
    };
    const seen = data.titles.slice(0, 12).map((title, i) => `${title} ${most(i)}`);
    return `${data.unit} in ${this.T} rows and ${this.S} columns; ${seen.join("; ")}`;
  }

  numberAt(copy, place) {
    return this.data.values[copy * this.T * this.S + place];
  }

  /** The place of the largest number of a copy, up or down, or -1. */
  peak(copy) {
    let best = -1;
    for (let i = 0; i < this.T * this.S; i++) {
      const size = Math.abs(this.numberAt(copy, i));
      if (size > 0 && (best < 0 || size > Math.abs(this.numberAt(copy, best)))) best = i;
    }
    return best;
  }

  /** Choose all sizes from the width and the number of copies, never from the numbers. */
  draw() {
    const { data, theme, wide, zoom, N } = this;
    const above = LINE * zoom * (data.notes.some(Boolean) ? 2 : 1) + 4;
    const room = (across) => (wide - 2 * EDGE - GAP * (across - 1)) / across;
    const most = (across) => {
      if (!projected()) return tall(data.side);
      return Math.max(SMALLEST, tall(0) / Math.ceil(N / across) - above - GAP);
    };
    let across = clamp(data.across, 1, N);
    const least = Math.min(SMALLEST, data.side) * zoom;
    while (across > 1 && room(across) < least) across--;
    const side = Math.floor(Math.max(1, Math.min(most(across), room(across))));
    const step = Math.max(side, Math.min(room(across), 1.25 * side)) + GAP;
    const [tallest, broadest] = data.size;
    const pixel = side / Math.max(tallest, broadest);
    Object.assign(this, { pixel, high: tallest * pixel, long: broadest * pixel });
    this.origins = data.titles.map((_, i) => ({
      x: EDGE + (i % across) * step,
      y: Math.floor(i / across) * (above + this.high + GAP) + above,
    }));
    this.across = across;
    const height = Math.ceil(N / across) * (above + this.high + GAP) - GAP + EDGE;
    this.stage.style.height = `${height}px`;
    for (const canvas of [this.lower, this.upper]) this.size(canvas, wide, height);
    this.expect(`600 ${13 * zoom}px ${theme.font}`);
    const [blue, vermillion] = [rgb(theme.blue), rgb(theme.vermillion)];
    const full = data.kind === "ink" ? rgb(theme.text) : blue;
    const stops = data.kind === "signed" ? [blue, theme.page, vermillion] : [theme.page, full];
    this.paint(palette(stops));
    this.legend(stops, { ...data, hole: "none" });
    if (data.kind === "ink") this.scale.replaceChildren(); // a picture needs no scale
    this.painted++;
    this.overlay();
  }

  /** The colour bar; where each copy has a scale of its own, without a number at its end. */
  bar(stops, data) {
    const parts = super.bar(stops, data);
    return data.each ? [...parts.slice(0, -1), element("span", {}, "the largest of each picture")] : parts;
  }

  /** The picture as ink of the colour of text: of a photograph what is dark on a light page, and what is
   *  light on a dark one. */
  stampOfInk() {
    const { ink, theme, data } = this;
    const [height, width] = data.size;
    const image = new ImageData(width, height);
    const colour = rgb(theme.text);
    const turned = data.photo && !theme.dark;
    ink.forEach((amount, i) => image.data.set([...colour, INK * (turned ? 255 - amount : amount)], 4 * i));
    return stamped(image);
  }

  /** Draw the lower canvas. */
  paint(colours) {
    const { data, origins, theme, ratio, T, S, high, long, pixel, zoom } = this;
    const brush = this.lower.getContext("2d");
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    const [ink, hatch] = [this.stampOfInk(), this.hatching(0.3)];
    const [rows, columns] = data.patches;
    origins.forEach(({ x, y }, n) => {
      const values = data.values.subarray(n * T * S, (n + 1) * T * S);
      const scale = { low: data.low < 0 ? -data.highs[n] : 0, high: data.highs[n] };
      const { colour, mask } = images(values, T, S, scale, colours);
      if (values.some(Number.isNaN)) brush.drawImage(this.hatched(mask, hatch), x, y, long, high);
      brush.imageSmoothingEnabled = false;
      brush.drawImage(stamped(colour), x, y, long, high);
      brush.imageSmoothingEnabled = data.photo;
      brush.drawImage(ink, x, y, long, high);
      brush.strokeStyle = brush.fillStyle = theme.text;
      brush.lineWidth = 1;
      for (let r = 0; r <= rows; r++) this.rule(brush, x, y + (r * high) / rows, long, 0, r % rows);
      for (let c = 0; c <= columns; c++) this.rule(brush, x + (c * long) / columns, y, 0, high, c % columns);
      const box = data.boxes[n];
      if (box) this.frame(brush, [x, y], box, pixel);
      const notes = data.notes.some(Boolean);
      brush.font = `600 ${13 * zoom}px ${theme.font}`;
      const first = y - (notes ? LINE * zoom : 0) - 6;
      brush.fillText(this.fitted(brush, data.titles[n], long), x, first);
      brush.font = `400 ${12 * zoom}px ${theme.font}`;
      if (notes) brush.fillText(this.fitted(brush, data.notes[n], long), x, y - 6);
    });
  }

  /** Hatching where the mask is, at the size of a copy. */
  hatched(mask, hatch) {
    const { high, long, ratio } = this;
    const sheet = canvasOf(long * ratio, high * ratio);
    const brush = sheet.getContext("2d");
    brush.imageSmoothingEnabled = false;
    brush.drawImage(stamped(mask), 0, 0, sheet.width, sheet.height);
    brush.globalCompositeOperation = "source-in";
    brush.fillStyle = hatch;
    brush.fillRect(0, 0, sheet.width, sheet.height);
    return sheet;
  }

  rule(brush, x, y, wide, high, within) {
    brush.globalAlpha = within ? 0.16 : 0.6;
    brush.beginPath();
    brush.moveTo(x, y);
    brush.lineTo(x + wide, y + high);
    brush.stroke();
    brush.globalAlpha = 1;
  }

  /** A rectangle of pixels, dashed, cut off where the picture ends. */
  frame(brush, [x, y], [row, column, rows, columns], pixel) {
    const [height, width] = this.data.size;
    const [top, left] = [Math.max(0, row), Math.max(0, column)];
    const [end, right] = [Math.min(height, row + rows), Math.min(width, column + columns)];
    brush.save();
    Object.assign(brush, { strokeStyle: this.theme.vermillion, lineWidth: 2 });
    brush.setLineDash([6, 3]);
    brush.strokeRect(x + left * pixel, y + top * pixel, (right - left) * pixel, (end - top) * pixel);
    brush.restore();
  }

  fitted(brush, text, width) {
    let shown = text;
    while (shown.length > 1 && brush.measureText(shown).width > width) shown = `${shown.slice(0, -2)}…`;
    return shown;
  }

  /** Draw the upper canvas: the chosen patch or copy, the keys' cursor, and put in words what is meant. */
  overlay() {
    if (!this.origins) return;
    const { data, theme, ratio, hover, cursor, selected } = this;
    const brush = this.upper.getContext("2d");
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    brush.clearRect(0, 0, this.wide, this.stage.clientHeight);
    brush.strokeStyle = theme.text;
    const outline = (place, width, dash = []) => {
      brush.lineWidth = width;
      brush.setLineDash(dash);
      for (const [x, y, wide, high] of this.places(place)) brush.strokeRect(x, y, wide, high);
    };
    if (selected && (this.whole || data.marks)) outline(selected, 2.5);
    if (this.whole && data.marks && data.selected) {
      for (let copy = 0; copy < this.N; copy++) outline({ copy, at: data.selected }, 1.5);
    }
    if (cursor) outline(cursor, 3, [5, 3]);
    if (hover) outline(hover, 1.5);
    this.tell(hover ?? cursor ?? selected);
  }

  /** The rectangles of a place: a copy, or a patch in every copy. */
  places({ copy, at }) {
    const { origins, long, high, data } = this;
    if (!at) return [[origins[copy].x, origins[copy].y, long, high]];
    const [wide, deep] = [long / data.patches[1], high / data.patches[0]];
    const listed = this.whole ? [origins[copy]] : origins;
    return listed.map(({ x, y }) => [x + at[1] * wide, y + at[0] * deep, wide, deep]);
  }

  /** The largest number that a copy has in a patch. */
  value(copy, [row, column]) {
    const { T, S, data } = this;
    const [high, wide] = [T / data.patches[0], S / data.patches[1]];
    let best = NaN;
    for (let r = row * high; r < (row + 1) * high; r++) {
      for (let c = column * wide; c < (column + 1) * wide; c++) {
        const value = this.numberAt(copy, r * S + c);
        if (Number.isNaN(best) || Math.abs(value) > Math.abs(best)) best = value;
      }
    }
    return best;
  }

  number(copy, at) {
    const value = this.value(copy, at);
    return Number.isNaN(value) ? "none" : figure(value);
  }

  /** Put a place in words, and leave on the host what a test wants to know. */
  tell(place) {
    const { data, whole } = this;
    const at = place?.at ?? (whole ? data.selected : null);
    const copies = whole && place ? [place.copy] : data.titles.map((_, i) => i);
    const listed = at ? copies.slice(0, 8).map((i) => `${data.titles[i]}: ${this.number(i, at)}`) : [];
    const help = `Click a ${whole ? data.role : "patch"}, or walk with the arrow keys.`;
    const where = at ? `row ${at[0] + 1}, column ${at[1] + 1}, ${data.unit}; ${listed.join(" · ")}` : "";
    this.say(where || (place ? `${data.role} ${data.titles[place.copy]}` : data.chooses ? help : ""));
    Object.assign(this.host.dataset, {
      painted: this.painted,
      revision: data.revision,
      titles: JSON.stringify(data.titles),
      at: whole ? (place ? data.titles[place.copy] : "") : at ? at.join(",") : "",
      selected: data.selected ? data.selected.join(",") : "",
      chosen: data.chosen ?? "",
      values: JSON.stringify(at ? data.titles.map((_, i) => this.value(i, at)) : []),
      high: data.high,
      places: JSON.stringify(this.origins.map(({ x, y }) => [x, y, this.long, this.high])),
    });
  }

  under(left, top) {
    const { data, long, high } = this;
    for (const [copy, { x, y }] of this.origins.entries()) {
      const [r, c] = [(top - y) / high, (left - x) / long];
      if (r < 0 || r >= 1 || c < 0 || c >= 1) continue;
      if (this.whole) return { copy, at: null };
      return { copy, at: [Math.floor(r * data.patches[0]), Math.floor(c * data.patches[1])] };
    }
    return null;
  }

  here() {
    const start = this.whole ? { copy: 0, at: null } : { copy: 0, at: [0, 0] };
    return this.cursor ?? this.selected ?? start;
  }

  choose(place) {
    this.selected = place;
    if (this.cursor) this.cursor = place;
    this.overlay();
    if (!this.data.chooses) return;
    if (this.whole) this.commit("panel", this.data.titles[place.copy]);
    else this.commit("patch", ...place.at);
  }

  moves() {
    const { copy, at } = this.here();
    if (!this.whole) {
      const led = Object.entries(steps(at, ...this.data.patches));
      return Object.fromEntries(led.map(([key, cell]) => [key, { copy, at: cell }]));
    }
    const go = (to) => ({ copy: to >= 0 && to < this.N ? to : copy, at: null });
    const [up, down] = [go(copy - this.across), go(copy + this.across)];
    const aside = { ArrowLeft: go(copy - 1), ArrowRight: go(copy + 1), Home: go(0), End: go(this.N - 1) };
    return { ...aside, ArrowUp: up, ArrowDown: down };
  }

  /** For the table: every patch, and its number in every copy; where a patch has several, the largest. */
  entries() {
    const { data } = this;
    const [rows, columns] = data.patches;
    const cells = Array.from({ length: rows * columns }, (_, i) => [Math.floor(i / columns), i % columns]);
    const current = String(data.selected);
    const lines = cells.map((at) => [
      String(at) === current,
      `row ${at[0] + 1}, column ${at[1] + 1}`,
      ...data.titles.map((_, i) => this.number(i, at)),
    ]);
    const finer = this.T > rows ? ", the largest inside each patch" : "";
    return { title: `${data.label || data.unit}${finer}`, heads: ["patch", ...data.titles], lines };
  }
}

export default view("mosaic", Mosaic, unpack);
