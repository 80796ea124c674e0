// A heatmap on two stacked canvases. The lower one holds the matrix and its labels and changes with the data; the upper one holds the
// crosshair and the cursor, so that a hover redraws a few lines and never the matrix. Nothing goes to the server but a chosen cell, or a
// painted mask. What it shares with other pictures is in canvas.js, put before this file.

const TILT = Math.PI / 3; // column labels rise at 60 degrees
const LARGEST_CELL = 64; // CSS pixels: three tokens should not fill a wall
const HIGHEST_CELL = 34; // of a matrix whose cells need not be square
const PAINTS = "Space turns a cell over, Shift with an arrow paints on";
const OPEN = "may look"; // what an open cell of a mask says
const WHOLE_TABLE = 64; // tokens: beyond this a table of everything is no help to anybody

const inside = (cell, T, S) => Boolean(cell) && cell[0] >= 0 && cell[0] < T && cell[1] >= 0 && cell[1] < S;

/** A token as it is spoken: a screen reader says nothing at a blank. */
function spoken(token) {
  const [, text] = parted(token.trim(), 40);
  return text !== "∅" ? text : token === "" ? "nothing" : token.includes("\n") ? "newline" : token.includes("\t") ? "tab" : "space";
}

/** The cell's width and height in CSS pixels: whole device pixels where they fit, so that all cells are equal; a fraction of a pixel otherwise. */
function cellSize(width, height, T, S, ratio, square) {
  const whole = (size) => (size >= 1 ? Math.floor(size * ratio) / ratio : size);
  const [wide, high] = square ? Array(2).fill(Math.min(width / S, height / T)) : [width / S, height / T];
  return { broad: whole(clamp(wide, 1 / S, LARGEST_CELL)), high: whole(clamp(high, 1 / T, square ? LARGEST_CELL : HIGHEST_CELL)) };
}

/** The positions that get a label: every step-th, and always the chosen one, which pushes out neighbours that it would touch. */
function labelled(count, step, chosen) {
  const kept = [];
  for (let i = 0; i < count; i += step) if (chosen === undefined || Math.abs(i - chosen) >= step) kept.push(i);
  return chosen === undefined ? kept : kept.concat(chosen);
}

/** Fit a matrix with more cells than pixels: each pixel stands for the strongest of its cells, since an average would hide every peak.
 *  Returns the index of that cell for each pixel, -1 where all are masked. */
function strongest(values, T, S, height, width) {
  const kept = new Int32Array(height * width).fill(-1);
  for (let r = 0; r < T; r++) {
    const line = Math.floor((r * height) / T) * width;
    for (let c = 0; c < S; c++) {
      const index = r * S + c;
      const pixel = line + Math.floor((c * width) / S);
      if (Number.isNaN(values[index])) continue;
      if (kept[pixel] < 0 || Math.abs(values[index]) > Math.abs(values[kept[pixel]])) kept[pixel] = index;
    }
  }
  return kept;
}

/** Two images of one pixel per value: the colours, transparent where masked, and the mask, opaque where masked. */
function images(values, height, width, { low, high }, colours) {
  const colour = new ImageData(width, height);
  const mask = new ImageData(width, height);
  const pixels = new Uint32Array(colour.data.buffer);
  const holes = new Uint32Array(mask.data.buffer);
  const scale = (colours.length - 1) / (high - low);
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) holes[i] = 0xffffffff;
    else pixels[i] = colours[clamp(Math.round((values[i] - low) * scale), 0, colours.length - 1)];
  }
  return { colour, mask };
}

function canvasOf(width, height) {
  const canvas = element("canvas");
  [canvas.width, canvas.height] = [Math.max(1, Math.round(width)), Math.max(1, Math.round(height))];
  return canvas;
}

/** An ImageData as something that drawImage can enlarge. */
function stamp(image) {
  const canvas = canvasOf(image.width, image.height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

class Heatmap extends Picture {
  finest = 3;

  constructor(host) {
    super(host, "heatmap");
    this.stroke = null; // of the brush: { value, at }
    this.sent = 0; // when the last stroke was
    this.lower = element("canvas", { "aria-hidden": "true" });
    this.tip = element("div", { class: "tip", "aria-hidden": "true", hidden: "" });
    this.stage = element("div", "stage", this.lower, this.upper, this.tip);
    host.replaceChildren(this.caption, this.stage, element("div", "foot", this.scale, this.toggle), this.readout, this.numbers);
    this.upper.addEventListener("pointerdown", (event) => this.begin(event));
    for (const end of ["pointerup", "pointercancel", "blur"]) this.upper.addEventListener(end, () => this.finish());
    this.upper.addEventListener("keyup", (event) => event.key === "Shift" && this.finish());
  }

  /** Take new data, or the same data after a change of theme. */
  update(data, commit) {
    const late = data.paints && this.data?.values.length === data.values.length && (this.stroke || data.stamp < this.sent);
    if (late) data.values = this.data.values; // painted on since this was computed
    const kept = (cell) => (inside(cell, data.rows.length, data.columns.length) ? cell : null);
    [this.selected, this.cursor, this.hover] = [data.selected, this.cursor, this.hover].map(kept);
    this.keys = `Arrow keys move, Home and End go to the row's ends, ${data.paints ? PAINTS : "Enter selects"}`;
    this.upper.classList.toggle("paints", Boolean(data.paints));
    super.update(data, commit);
  }

  about() { return `${this.T} rows (${this.data.row_role}), ${this.S} columns (${this.data.column_role})`; }

  value([row, column]) { return this.data.values[row * this.S + column]; }

  /** A cell's value as it is read. */
  word(cell) {
    const { data } = this;
    if (Number.isNaN(this.value(cell))) return data.hole;
    return data.kind === "mask" ? OPEN : figure(this.value(cell), data.digits);
  }

  /** Choose all sizes from the width, then draw. */
  draw() {
    const { T, S, data, theme, ratio } = this;
    const height = Math.min(data.height, this.wide); // depends on no data, so nothing below moves when data arrives
    this.stage.style.height = `${height}px`;
    const [blue, vermillion] = [theme.blue, theme.vermillion].map((colour) => this.rgb(colour));
    this.stops = data.kind === "signed" ? [blue, theme.page, vermillion] : [theme.page, blue];
    this.colours = palette(this.stops);

    this.em = clamp(Math.round(0.5 * Math.min(this.wide / (S + 4), height / (T + 4))), 12, 16); // of the letters
    const ink = this.probe;
    ink.font = `700 ${this.em}px ${theme.code}`; // bold, so that the chosen label fits as well
    const limit = this.wide < 480 ? 8 : 12;
    const limits = [Math.max(limit, data.row_role.length + 2), limit]; // what stands above the rows, with its arrow, takes that room anyway
    this.labels = [data.rows, data.columns].map((tokens, side) => tokens.map((token) => parted(token, limits[side])));
    const widest = (labels) => Math.max(...[...new Set(labels.map((parts) => parts.join("")))].map((text) => ink.measureText(text).width));
    const [rowWidth, columnWidth] = this.labels.map(widest);
    const axes = Math.max(ink.measureText(`${data.row_role} ↓`).width, ink.measureText(`${data.column_role} →`).width);
    this.left = Math.ceil(Math.max(rowWidth, axes + 4)) + 10;
    this.top = Math.ceil(Math.max(columnWidth * Math.sin(TILT) + this.em, 3.8 * this.em));
    const right = columnWidth * Math.cos(TILT) + this.em / 2; // the last column's label leans out
    Object.assign(this, cellSize(this.wide - this.left - right - 2, height - this.top - 2, T, S, ratio, data.square));
    for (const canvas of [this.lower, this.upper]) {
      this.size(canvas, Math.min(this.wide, Math.ceil(this.left + S * this.broad + right + 2)), height);
      canvas.getContext("2d").scale(ratio, ratio);
    }
    this.expect(ink.font);
    this.rasterise();
    this.paint();
  }

  /** Make the matrix once as a picture of its own, so that a change of selection only copies it. */
  rasterise() {
    const { T, S, broad, high, ratio, data } = this;
    const [width, height] = [S * broad, T * high].map((size) => Math.max(1, Math.round(size * ratio)));
    const columns = broad < 1 ? Math.max(1, Math.round(S * broad)) : S;
    const rows = high < 1 ? Math.max(1, Math.round(T * high)) : T;
    this.peaks = broad < 1 || high < 1 ? { index: strongest(data.values, T, S, rows, columns), rows, columns } : null;
    const values = this.peaks ? new Float32Array(rows * columns).fill(NaN) : data.values;
    this.peaks?.index.forEach((cell, pixel) => { if (cell >= 0) values[pixel] = data.values[cell]; });
    const { colour, mask } = images(values, rows, columns, data, this.colours);
    this.raster = canvasOf(width, height);
    const ink = this.raster.getContext("2d");
    ink.imageSmoothingEnabled = false;
    ink.drawImage(stamp(mask), 0, 0, width, height);
    ink.globalCompositeOperation = "source-in"; // the hatching shows only where the mask is
    ink.fillStyle = this.hatching(0.35);
    ink.fillRect(0, 0, width, height);
    ink.globalCompositeOperation = "source-over";
    ink.drawImage(stamp(colour), 0, 0, width, height);
    this.legend(this.stops, data);
  }

  bar(stops, data) {
    if (data.kind !== "mask") return super.bar(stops, data);
    const open = element("span", "open");
    open.style.background = `rgb(${stops.at(-1)})`;
    return [open, OPEN];
  }

  /** Draw the lower canvas: matrix, labels, selection. */
  paint() {
    if (!this.raster) return;
    const { T, S, left, top, broad, high, theme, data, selected } = this;
    const ink = this.lower.getContext("2d");
    ink.clearRect(0, 0, this.lower.width, this.lower.height);
    ink.imageSmoothingEnabled = false;
    ink.drawImage(this.raster, left, top, S * broad, T * high);
    ink.strokeStyle = theme.text;
    ink.lineWidth = 1;
    ink.globalAlpha = 0.1;
    if (Math.min(broad, high) >= 10) { // lines between cells help to count, until they are more ink than the cells
      ink.beginPath();
      for (let r = 1; r < T; r++) { ink.moveTo(left, top + r * high); ink.lineTo(left + S * broad, top + r * high); }
      for (let c = 1; c < S; c++) { ink.moveTo(left + c * broad, top); ink.lineTo(left + c * broad, top + T * high); }
      ink.stroke();
    }
    ink.globalAlpha = 0.35;
    ink.strokeRect(left - 0.5, top - 0.5, S * broad + 1, T * high + 1);
    ink.globalAlpha = 1;

    ink.textBaseline = "middle";
    ink.direction = "ltr";
    const needed = this.em * 1.25;
    const edge = { x: left - 6, y: top - 6 };
    for (const r of labelled(T, thinning(high, needed), selected?.[0])) {
      const colour = r === selected?.[0] && theme.blue;
      this.letter(ink, this.labels[0][r], edge.x, top + (r + 0.5) * high, { right: true, colour });
    }
    for (const c of labelled(S, thinning(broad, needed / Math.sin(TILT)), selected?.[1])) {
      const colour = c === selected?.[1] && theme.vermillionText;
      this.letter(ink, this.labels[1][c], left + (c + 0.5) * broad, edge.y, { tilt: -TILT, colour });
    }
    const axis = (role, x, y, colour) => this.letter(ink, ["", role], x, y, { right: true, colour });
    axis(`${data.column_role} →`, left - 10, top - 3.1 * this.em, theme.vermillionText);
    axis(`${data.row_role} ↓`, left - 10, top - 1.8 * this.em, theme.blue);

    if (data.paints) this.empty(ink);
    if (selected) {
      const [row, column] = this.boxes(selected);
      ink.strokeStyle = theme.blue;
      ink.lineWidth = 1.5;
      ink.strokeRect(left, row.y, S * broad, row.size);
      for (const [colour, width] of [[`rgb(${theme.page})`, 5], [theme.text, 2.5]]) { // a halo, so that the outline shows on every tone
        ink.strokeStyle = colour;
        ink.lineWidth = width;
        ink.strokeRect(column.x, row.y, column.size, row.size);
      }
    }
    this.describe();
    this.overlay();
  }

  /** Outline the rows of a mask that allow nothing. */
  empty(ink) {
    const { T, S, data, left, top, broad, high } = this;
    ink.strokeStyle = this.theme.vermillionText;
    ink.lineWidth = 2.5;
    for (let r = 0; r < T; r++) if (data.values.subarray(r * S, (r + 1) * S).every(Number.isNaN)) ink.strokeRect(left, top + r * high, S * broad, high);
  }

  /** Write one label: the dim marks of its leading spaces, then its text, bold and in the role's colour if one is given. */
  letter(ink, [mark, text], x, y, { right = false, tilt = 0, colour = false }) {
    ink.save();
    ink.translate(x, y);
    ink.rotate(tilt);
    ink.font = `${colour ? 700 : 400} ${this.em}px ${this.theme.code}`;
    ink.fillStyle = colour || this.theme.text;
    const own = `\u2068${text}\u2069`; // a right-to-left token keeps its own order and lends it to nobody
    const start = right ? -ink.measureText(own).width : ink.measureText(mark).width;
    ink.fillText(own, start, 0);
    ink.globalAlpha = 0.55;
    ink.fillText(mark, start - ink.measureText(mark).width, 0);
    ink.restore();
  }

  /** Where a cell's row and column lie; never thinner than an outline can show. */
  boxes([r, c]) {
    const [high, broad] = [this.high, this.broad].map((size) => Math.max(size, 8));
    return [{ y: this.top + (r + 0.5) * this.high - high / 2, size: high }, { x: this.left + (c + 0.5) * this.broad - broad / 2, size: broad }];
  }

  /** Draw the upper canvas: the crosshair at the pointer, or the keyboard's cursor. */
  overlay() {
    if (!this.raster) return;
    const ink = this.upper.getContext("2d");
    ink.clearRect(0, 0, this.upper.width, this.upper.height);
    const at = this.hover ?? this.cursor;
    this.tip.hidden = !at || Boolean(this.stroke); // it would lie over the cells that are painted next
    this.tell();
    if (!at) return;
    const [row, column] = this.boxes(at);
    ink.strokeStyle = this.theme.text;
    ink.globalAlpha = 0.6;
    ink.lineWidth = 1;
    ink.strokeRect(this.left, row.y, this.S * this.broad, row.size);
    ink.strokeRect(column.x, this.top, column.size, this.T * this.high);
    if (!this.hover) {
      ink.globalAlpha = 1;
      ink.lineWidth = 2.5;
      ink.setLineDash([4, 3]);
      ink.strokeRect(column.x, row.y, column.size, row.size);
      ink.setLineDash([]);
    }
    this.explain(at, row, column);
  }

  /** Fill the tooltip and put it on the side of the cell that has more room. */
  explain([r, c], row, column) {
    const { data } = this;
    const [from, to] = [data.rows[r], data.columns[c]].map((token) => element("bdi", {}, ...parted(token, 40)));
    this.tip.replaceChildren(
      element("div", "pair", from, " → ", to),
      element("div", "number", this.word([r, c])),
      element("div", "place", `row ${r + 1}, column ${c + 1}`),
    );
    const [height, far] = [this.stage.clientHeight, 10];
    const low = row.y > height / 2;
    const late = column.x > this.wide / 2;
    Object.assign(this.tip.style, {
      left: late ? "auto" : `${column.x + column.size + far}px`,
      right: late ? `${this.wide - column.x + far}px` : "auto",
      top: low ? "auto" : `${row.y + row.size + far}px`,
      bottom: low ? `${height - row.y + far}px` : "auto",
    });
  }

  /** Leave on the wrapper what a test wants to know. */
  describe() {
    const { host, data, selected } = this;
    Object.assign(host.dataset, {
      rows: this.T, columns: this.S, revision: data.revision, painted: ++this.painted,
      cell: selected ? selected.join(",") : "",
      open: data.kind === "mask" ? data.values.filter((value) => value === 1).length : "",
      cells: [this.left, this.top, this.broad, this.high].join(","),
      value: selected ? (Number.isNaN(this.value(selected)) ? data.hole : String(this.value(selected))) : "",
    });
  }

  /** Put in words the cell that is painted, that the keys are at, or that is chosen. */
  tell() {
    const { data, stroke, cursor, selected } = this;
    const cell = stroke?.at ?? cursor ?? selected;
    if (!cell) return this.say(data.paints ? "Click cells, or drag over them; or use the arrow keys and Space." : "Click a cell, or use the arrow keys on the picture.");
    const [asks, answers] = data.row_role === "query" && data.column_role === "key" ? [" asks", " answers"] : ["", ""];
    const [from, to] = [data.rows[cell[0]], data.columns[cell[1]]].map((token) => element("bdi", {}, spoken(token)));
    return this.say(`row ${cell[0] + 1} `, from, `${asks}, column ${cell[1] + 1} `, to, `${answers}: ${this.word(cell)}`);
  }

  /** The cell under a point; where a pixel covers several, the one whose colour it shows. */
  under(left, top) {
    const { T, S, broad, high, peaks } = this;
    const [y, x] = [top - this.top, left - this.left];
    const under = [Math.floor(y / high), Math.floor(x / broad)];
    if (!inside(under, T, S)) return null;
    const pixel = peaks && Math.floor((y / high / T) * peaks.rows) * peaks.columns + Math.floor((x / broad / S) * peaks.columns);
    const peak = peaks ? peaks.index[pixel] : -1;
    return peak < 0 ? under : [Math.floor(peak / S), peak % S];
  }

  here() { return this.cursor ?? this.selected ?? [0, 0]; }

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
    const [[r, c], T, S] = [this.here(), this.T, this.S];
    const go = (row, column) => [clamp(row, 0, T - 1), clamp(column, 0, S - 1)];
    return { ArrowUp: go(r - 1, c), ArrowDown: go(r + 1, c), ArrowLeft: go(r, c - 1), ArrowRight: go(r, c + 1), Home: [r, 0], End: [r, S - 1] };
  }

  // ---- painting: the first cell of a stroke is turned over, the others follow it, and the whole mask is sent once at its end

  begin(event) {
    const cell = this.data.paints && event.button === 0 && this.locate(event);
    if (!cell) return;
    this.upper.setPointerCapture(event.pointerId); // a stroke goes on outside the picture, and ends there
    this.turnOver(cell);
  }

  point(cell) {
    super.point(cell);
    if (this.stroke) this.extend(cell);
  }

  turnOver(cell) {
    this.stroke = { value: Number.isNaN(this.value(cell)) ? 1 : NaN, at: cell };
    this.extend(cell);
  }

  /** Paint all cells from the last one of the stroke to this one: a quick pointer skips some. */
  extend(cell) {
    if (!cell) return;
    const { value, at } = this.stroke;
    const far = Math.max(Math.abs(cell[0] - at[0]), Math.abs(cell[1] - at[1]), 1);
    for (let n = 0; n <= far; n++) {
      const [r, c] = [0, 1].map((axis) => Math.round(at[axis] + ((cell[axis] - at[axis]) * n) / far));
      this.data.values[r * this.S + c] = value;
    }
    this.stroke.at = cell;
    this.rasterise();
    this.paint();
  }

  /** The end of a stroke: send the mask as bits, row by row, eight to a byte. */
  finish() {
    if (!this.stroke) return;
    this.stroke = null;
    const bytes = new Uint8Array(Math.ceil(this.data.values.length / 8));
    this.data.values.forEach((value, i) => { if (!Number.isNaN(value)) bytes[i >> 3] |= 128 >> (i & 7); });
    this.sent = Date.now();
    this.commit("mask", this.T, this.S, btoa(String.fromCharCode(...bytes)));
    if (!this.numbers.hidden) this.numbers.replaceChildren(this.table());
  }

  /** In a mask Space and Enter turn a cell over, and with Shift an arrow paints on what the cell has that it leaves; that stroke ends with Shift. */
  press(key, shift) {
    const { paints } = this.data;
    const from = this.here();
    if (paints && (key === "Enter" || key === " ")) {
      this.turnOver(from);
      this.finish();
      return true;
    }
    const ours = super.press(key);
    if (paints && shift && key in this.moves()) {
      this.stroke ??= { value: this.value(from), at: from };
      this.extend(this.cursor);
    }
    return ours;
  }

  /** For the table: all numbers, or of a long text one row. */
  entries() {
    const { data, T, S, selected } = this;
    const label = (token, i) => `${i + 1} \u2068${parted(token, 24).join("")}\u2069`;
    if (Math.max(T, S) <= WHOLE_TABLE) {
      const line = (token, r) => [r === selected?.[0] ? selected[1] : null, label(token, r), ...data.columns.map((_, c) => this.word([r, c]))];
      return [data.label || "All numbers", [`${data.row_role} \\ ${data.column_role}`, ...data.columns.map(label)], data.rows.map(line)];
    }
    const [row] = this.here();
    const lines = data.columns.map((token, c) => [row === selected?.[0] && c === selected[1], label(token, c), this.word([row, c])]);
    return [`Row ${label(data.rows[row], row)}: its ${S} numbers`, [data.column_role, "value"], lines];
  }
}

export default view("heatmap", Heatmap, unpack);
