// One thumbnail per head, all of them in a single ImageData on one canvas; a second canvas above holds the outlines, so that a hover redraws a few lines
// and never the matrices. Nothing goes to the server but a chosen head. What it shares with other pictures is in canvas.js, put before this file.

const GAP = 10; // CSS pixels between thumbnails
const LINE = 15; // of a caption
const SMALLEST = 44; // a thumbnail below which nothing can be told apart
const HELP = "Point at a cell to read it. Click a head, or walk with the arrow keys and press Enter, to see it large; t opens the numbers.";

/** The place in `values` that each pixel of one thumbnail shows: its cell, or of several cells under a pixel the strongest, since an average would hide
 *  every peak; where all of them are masked, one of those. */
function shown(values, first, T, S, high, wide) {
  const places = new Int32Array(high * wide);
  for (let y = 0; y < high; y++) for (let x = 0; x < wide; x++) places[y * wide + x] = first + Math.floor((y * T) / high) * S + Math.floor((x * S) / wide);
  if (high >= T && wide >= S) return places;
  for (let r = 0; r < T; r++) {
    for (let c = 0, line = Math.floor((r * high) / T) * wide; c < S; c++) {
      const [pixel, place] = [line + Math.floor((c * wide) / S), first + r * S + c];
      const old = values[places[pixel]];
      if (Number.isNaN(old) || Math.abs(values[place]) > Math.abs(old)) places[pixel] = place;
    }
  }
  return places;
}

class Grid extends Picture {
  constructor(host) {
    super(host, "heatmaps");
    this.hover = this.cursor = null; // a cell { head, row, column }, row -1 where the caption was meant; and a head
    this.lower = element("canvas", { "aria-hidden": "true" });
    this.stage = element("div", { class: "stage" }, this.lower, this.upper);
    this.room = element("div", { class: "room" }, this.stage);
    host.replaceChildren(this.caption, this.room, element("div", { class: "foot" }, this.scale, this.toggle), this.readout, this.numbers);
  }

  update(data, commit) {
    [this.N, this.hover, this.selected] = [data.names.length, null, data.selected];
    if (this.cursor >= this.N) this.cursor = null;
    super.update(data, commit);
  }

  label() {
    return `${this.data.label || "All heads"}: ${this.N} heads, ${this.T} tokens. Arrow keys walk from head to head, Enter opens one, t shows a table.`;
  }

  /** Choose all sizes from the width and the captions, then draw everything in one go. */
  draw() {
    const { data, theme, T, S, ratio } = this;
    for (let width = -1; width !== this.room.clientWidth; ) { // once, and again if a scroll bar comes
      width = this.room.clientWidth;
      this.stage.style.height = `${this.layOut(width)}px`;
    }
    const { across, side, lines } = this;
    const [width, step] = [this.room.clientWidth, lines * LINE + side + GAP];
    [this.high, this.long] = [T, S].map((count) => Math.max(1, Math.round((side * ratio * count) / Math.max(T, S))));
    const gap = Math.min((width - across * side) / Math.max(1, across - 1), 3 * GAP);
    this.origins = data.names.map((_, i) => ({
      x: Math.floor((i % across) * (side + gap) * ratio), y: Math.round((Math.floor(i / across) * step + lines * LINE) * ratio),
    }));
    for (const canvas of [this.lower, this.upper]) this.size(canvas, width, this.stage.clientHeight);
    const stops = data.kind === "signed" ? [this.rgb(theme.blue), theme.page, this.rgb(theme.vermillion)] : [theme.page, this.rgb(theme.blue)];
    this.raster(palette(stops), palette([theme.page, this.rgb(theme.text)])[150]);
    this.captions();
    const ramp = element("span", { class: "ramp", role: "img", "aria-label": "colour scale" });
    ramp.style.backgroundImage = `linear-gradient(to right, ${stops.map((stop) => `rgb(${stop})`).join(", ")})`;
    const masked = data.values.some(Number.isNaN) ? [element("span", { class: "hatch" }), "masked"] : [];
    this.scale.replaceChildren(figure(data.low), ramp, figure(data.high), ...masked);
    this.painted++;
    this.overlay();
  }

  /** Thumbnails across, their side and their captions' lines; returns the height of all. A caption must fit, so a phone has fewer across. */
  layOut(width) {
    const { data, N, probe, theme } = this;
    this.lines = Math.max(...data.notes.map((note) => note.split("\n").length));
    probe.font = `600 11px ${theme.font}`;
    const least = Math.max(SMALLEST, ...[...new Set(data.notes)].map((note) => probe.measureText(note.split("\n")[1] ?? "").width));
    const side = (across) => Math.floor((width - GAP * (across - 1)) / across);
    this.across = clamp(data.across, 1, N);
    while (this.across > 1 && side(this.across) < least) this.across--;
    this.side = clamp(side(this.across), 1, N > 48 ? 72 : data.side);
    return Math.ceil(N / this.across) * (this.lines * LINE + this.side + GAP);
  }

  /** Paint all matrices: one ImageData, one call. */
  raster(colours, hatch) {
    const { data, T, S, high, long } = this;
    const image = new ImageData(this.lower.width, this.lower.height);
    const pixels = new Uint32Array(image.data.buffer);
    const scale = (colours.length - 1) / (data.high - data.low);
    this.places = this.origins.map(({ x, y }, n) => {
      const places = shown(data.values, n * T * S, T, S, high, long);
      for (let r = 0, i = 0; r < high; r++) {
        for (let c = 0, at = (y + r) * image.width + x; c < long; c++, i++, at++) {
          const value = data.values[places[i]];
          if (!Number.isNaN(value)) pixels[at] = colours[clamp(Math.round((value - data.low) * scale), 0, colours.length - 1)];
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
    const write = (text, font, align, x, y) => {
      [ink.font, ink.textAlign] = [`${font} ${theme.font}`, align];
      ink.fillText(text, x, y);
    };
    this.origins.forEach(({ x, y }, n) => {
      const [left, top, [number, name = ""]] = [x / ratio, y / ratio, data.notes[n].split("\n")];
      const first = top - LINE * (this.lines - 1) - 4;
      write(data.names[n], "600 12px", "left", left, first);
      write(number, "12px", "right", left + side, first);
      ink.globalAlpha = name === data.faint ? 0.6 : 1;
      write(name, `${name === data.faint ? 400 : 600} 11px`, "left", left, top - 4);
      ink.globalAlpha = 0.3;
      ink.strokeRect(left - 0.5, top - 0.5, long / ratio + 1, high / ratio + 1);
      ink.globalAlpha = 1;
    });
  }

  /** Draw the upper canvas: the open head, the keyboard's cursor, the cell under the pointer; and put it in words. */
  overlay() {
    if (!this.origins) return;
    const { T, S, high, long, ratio, hover, cursor, selected, data } = this;
    const ink = this.upper.getContext("2d");
    ink.clearRect(0, 0, this.upper.width, this.upper.height);
    ink.strokeStyle = this.theme.text;
    const frame = (n, width, dash = []) => {
      ink.lineWidth = width * ratio;
      ink.setLineDash(dash.map((length) => length * ratio));
      ink.strokeRect(this.origins[n].x, this.origins[n].y, long, high);
    };
    if (selected !== null) frame(selected, 3);
    if (cursor !== null) frame(cursor, 4, [6, 3]);
    if (hover) frame(hover.head, 1.5);
    if (hover?.row >= 0) {
      const { x, y } = this.origins[hover.head];
      ink.globalAlpha = 0.5;
      ink.fillStyle = this.theme.text;
      ink.fillRect(x, y + ((hover.row + 0.5) * high) / T, long, ratio);
      ink.fillRect(x + ((hover.column + 0.5) * long) / S, y, ratio, high);
      ink.globalAlpha = 1;
    }
    const at = hover?.row >= 0 ? hover : this.peak(hover?.head ?? cursor);
    const name = at && ["head", [data.names[at.head], ...data.notes[at.head].split("\n")].filter(Boolean).join(", ")].join(" ");
    const token = (tokens, i) => `${legible(tokens[i])} (${data.start + i + 1})`;
    if (at) this.say(`${name}${at === hover ? ": " : "; strongest: "}${token(data.rows, at.row)} → ${token(data.columns, at.column)}: ${figure(this.value(at))}`);
    else this.say(HELP);
    Object.assign(this.host.dataset, {
      painted: this.painted, revision: data.revision, heads: this.N, rows: T, columns: S, names: data.names.join(" "), across: this.across, high: data.high,
      selected: selected === null ? "" : data.names[selected], at: at ? data.names[at.head] : "", cell: at ? `${at.row},${at.column}` : "",
      value: at ? this.value(at) : "", side: `${high / ratio},${long / ratio}`,
      places: JSON.stringify(this.origins.map(({ x, y }) => [x / ratio, y / ratio])),
    });
  }

  value({ head, row, column }) { return this.data.values[(head * this.T + row) * this.S + column]; }

  cell(place) { return { head: Math.floor(place / (this.T * this.S)), row: Math.floor(place / this.S) % this.T, column: place % this.S }; }

  /** The strongest cell of a head; null for no head. */
  peak(head) {
    if (head === null || head === undefined) return null;
    let best = head * this.T * this.S;
    for (let i = best, end = best + this.T * this.S; i < end; i++) if (!(Math.abs(this.data.values[i]) <= Math.abs(this.data.values[best]))) {
      if (!Number.isNaN(this.data.values[i])) best = i;
    }
    return this.cell(best);
  }

  /** The cell under the pointer, of several under a pixel the one whose colour it shows; in a caption, the head alone. */
  under(event) {
    const box = this.upper.getBoundingClientRect();
    for (const [head, { x, y }] of this.origins.entries()) {
      const [r, c] = [Math.floor((event.clientY - box.top) * this.ratio - y), Math.floor((event.clientX - box.left) * this.ratio - x)];
      if (c < 0 || c >= this.long || r < -this.lines * LINE * this.ratio || r >= this.high) continue;
      return r < 0 ? { head, row: -1, column: -1 } : this.cell(this.places[head][r * this.long + c]);
    }
    return null;
  }

  point(cell) {
    if (JSON.stringify(cell) === JSON.stringify(this.hover)) return; // still in the same cell
    this.hover = cell;
    this.overlay();
  }

  choose(cell) {
    if (!cell) return;
    this.selected = cell.head;
    if (this.cursor !== null) this.cursor = cell.head;
    this.overlay();
    this.commit("head", this.data.names[cell.head]);
  }

  press(key) {
    const at = this.cursor ?? this.selected ?? 0;
    const moves = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - this.across, ArrowDown: at + this.across, Home: 0, End: this.N - 1 };
    if (key in moves) this.walk(moves[key] >= 0 && moves[key] < this.N ? moves[key] : at);
    else if (key === "Enter" || key === " ") this.choose({ head: at });
    else if (key === "Escape") { this.hover = this.cursor = null; this.overlay(); }
    else if (key === "t") this.turnTable();
    else return false;
    return true;
  }

  walk(head) {
    [this.hover, this.cursor] = [null, head]; // a pointer left lying on the picture should not hold the read-out
    const [bottom, step] = [this.origins[head].y / this.ratio + this.side + GAP, this.lines * LINE + this.side + GAP];
    this.room.scrollTop = clamp(this.room.scrollTop, bottom - this.room.clientHeight, bottom - step);
    this.overlay();
  }

  /** The measures of all heads for the table; without measures, the weights of one head. */
  entries() {
    const { data, S } = this;
    const [head, titles] = [this.cursor ?? this.selected ?? 0, Object.keys(data.measures)];
    const labels = (tokens) => tokens.map((token, i) => `${data.start + i + 1} ${legible(token)}`);
    if (!titles.length) return [`head ${data.names[head]}`, ["row asks, column answers", ...labels(data.columns)], labels(data.rows).map((name, row) =>
      [false, name, ...Array.from({ length: S }, (_, column) => figure(this.value({ head, row, column })))])];
    return ["What is measured of each head", ["head", "name", ...titles], data.names.map((name, n) =>
      [n === head, name, data.notes[n].split("\n")[1] ?? "", ...titles.map((title) => figure(data.measures[title][n]))])];
  }
}

export default view(".riverbank-grid", Grid);
