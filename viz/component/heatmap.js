// A heatmap on two stacked canvases. The lower one holds the matrix and its labels and changes with the data; the upper one holds the
// crosshair and the cursor, so that a hover redraws a few lines and never the matrix. Nothing goes to the server but a chosen cell.

// Blue and vermillion by Okabe and Ito, and the same hues brightened for a dark page. Vermillion as text on white is a little darker,
// because #D55E00 misses the contrast of 4.5 that small letters need.
const TONES = {
  light: { blue: "#0072B2", vermillion: "#D55E00", rowText: "#0072B2", columnText: "#C25400" },
  dark: { blue: "#56B4E9", vermillion: "#FF933D", rowText: "#56B4E9", columnText: "#FF933D" },
};
const TILT = Math.PI / 3; // column labels rise at 60 degrees
const LARGEST_CELL = 64; // CSS pixels: three tokens should not fill a wall
const HIGHEST_CELL = 34; // of a matrix whose cells need not be square
const PAINTS = "Space turns a cell over, Shift with an arrow paints on";
const OPEN = "may look"; // what an open cell of a mask says
const WHOLE_TABLE = 64; // tokens: beyond this a table of everything is no help to anybody

// ---------------------------------------------------------------------------------------------------------- pure helpers

/** Split a payload [u32 length][JSON header][float32 matrix] into the header's fields and values. NaN stands for masked. */
function unpack(payload) {
  const bytes = payload.slice(); // the message's own offset may not be a multiple of four
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  return { ...header, values: new Float32Array(bytes.buffer, 4 + length) };
}

const clamp = (x, low, high) => Math.min(Math.max(x, low), high);
const inside = (cell, T, S) => Boolean(cell) && cell[0] >= 0 && cell[0] < T && cell[1] >= 0 && cell[1] < S;
/** A number with so many significant digits; short whole numbers, as 0 and 1, need none after the point. */
function figure(value, digits) {
  return Number.isInteger(value) && Math.abs(value) < 10 ** digits ? String(value) : value.toPrecision(digits);
}

const PLAIN = /^[\x20-\x7e]*$/; // each of these is one character: no need to ask the segmenter, which is slow
const segmenter = globalThis.Intl?.Segmenter ? new Intl.Segmenter() : null;
/** What a reader sees as characters: an emoji family or a letter with its accents is one of them, and is never cut in two. */
const characters = (text) => (segmenter && !PLAIN.test(text) ? Array.from(segmenter.segment(text), (part) => part.segment) : Array.from(text));

/** A token as it is shown: dim marks for leading spaces, signs for line ends and tabs, and at most `limit` characters. */
function legible(token, limit) {
  const spaces = /^[ \u00a0]*/.exec(token)[0].length;
  const text = token.slice(spaces)
    .replace(/\r\n|\n|\r/g, "⏎").replace(/\t/g, "⇥")
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ""); // direction marks could reorder their neighbours
  const parts = characters(text);
  const short = parts.length > limit ? parts.slice(0, limit - 1).concat("…") : parts;
  return { mark: "·".repeat(Math.min(spaces, 3)), text: short.join("") || (spaces ? "" : "∅") };
}

/** A token as it is spoken: a screen reader says nothing at a blank. */
function spoken(token) {
  const { text } = legible(token.trim(), 40);
  return text !== "∅" ? text : token === "" ? "nothing" : token.includes("\n") ? "newline" : token.includes("\t") ? "tab" : "space";
}

/** The cell's width and height in CSS pixels: whole device pixels where they fit, so that all cells are equal; a fraction of a pixel otherwise. */
function cellSize(width, height, T, S, ratio, square) {
  const whole = (size) => (size >= 1 ? Math.floor(size * ratio) / ratio : size);
  const [wide, high] = square ? Array(2).fill(Math.min(width / S, height / T)) : [width / S, height / T];
  return { wide: whole(clamp(wide, 1 / S, LARGEST_CELL)), high: whole(clamp(high, 1 / T, square ? LARGEST_CELL : HIGHEST_CELL)) };
}

/** The smallest of 1, 2, 5, 10, 20, 50 ... that keeps labels `needed` pixels apart. */
function thinning(cell, needed) {
  for (let power = 1; ; power *= 10) for (const step of [1, 2, 5]) if (step * power * cell >= needed) return step * power;
}

/** The positions that get a label: every step-th, and always the chosen one, which pushes out neighbours that it would touch. */
function labelled(count, step, chosen) {
  const kept = [];
  for (let i = 0; i < count; i += step) if (chosen === undefined || Math.abs(i - chosen) >= step) kept.push(i);
  return chosen === undefined ? kept : kept.concat(chosen);
}

/** Colours between the given [r, g, b] stops, packed as one number each; a straight line in sRGB, which CSS gradients draw as well. */
function palette(stops, size = 511) {
  const bytes = new Uint8ClampedArray(size * 4);
  for (let i = 0; i < size; i++) {
    const position = (i / (size - 1)) * (stops.length - 1);
    const start = Math.min(Math.floor(position), stops.length - 2);
    for (let k = 0; k < 3; k++) bytes[4 * i + k] = stops[start][k] + (position - start) * (stops[start + 1][k] - stops[start][k]);
    bytes[4 * i + 3] = 255;
  }
  return new Uint32Array(bytes.buffer);
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
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.max(1, Math.round(width)), Math.max(1, Math.round(height))];
  return canvas;
}

/** An ImageData as something that drawImage can enlarge. */
function stamp(image) {
  const canvas = canvasOf(image.width, image.height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** Thin diagonals that meet at the tile's borders. */
function hatching(colour, ratio) {
  const n = Math.round(7 * ratio);
  const tile = canvasOf(n, n);
  const ink = tile.getContext("2d");
  ink.strokeStyle = colour;
  ink.lineWidth = ratio;
  for (const shift of [-n, 0, n]) { ink.moveTo(shift - 1, n + 1); ink.lineTo(shift + n + 1, -1); }
  ink.globalAlpha = 0.35;
  ink.stroke();
  return ink.createPattern(tile, "repeat");
}

/** Build an element; text always goes in as text, never as markup. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// ---------------------------------------------------------------------------------------------------------- one picture

class Heatmap {
  constructor(host) {
    this.host = host;
    this.painted = 0;
    this.cursor = this.hover = this.stroke = null;
    this.stamp = 0; // when the last stroke was sent
    this.probe = canvasOf(1, 1).getContext("2d", { willReadFrequently: true });

    this.caption = element("div", { class: "caption" });
    this.lower = element("canvas", { "aria-hidden": "true" });
    this.upper = element("canvas", { class: "pointer", tabindex: "0", role: "img", "aria-roledescription": "heatmap" });
    this.tip = element("div", { class: "tip", "aria-hidden": "true", hidden: "" });
    this.stage = element("div", { class: "stage" }, this.lower, this.upper, this.tip);
    this.scale = element("span", { class: "scale" });
    this.swatch = element("span", { class: "swatch" }, element("span", { class: "hatch" }), this.hole = element("span"));
    this.toggle = element("button", { class: "toggle", type: "button", "aria-expanded": "false" }, "Table");
    this.readout = element("div", { class: "readout", "aria-live": "polite", "aria-atomic": "true" });
    this.numbers = element("div", { class: "numbers", tabindex: "0", role: "region", "aria-label": "Table of the numbers", hidden: "" });
    const foot = element("div", { class: "foot" }, this.scale, this.swatch, this.toggle);
    host.replaceChildren(this.caption, this.stage, foot, this.readout, this.numbers);

    this.upper.addEventListener("pointerdown", (event) => this.begin(event));
    this.upper.addEventListener("pointermove", (event) => {
      const cell = this.cellAt(event);
      this.point(cell);
      if (this.stroke) this.extend(cell);
    });
    for (const end of ["pointerup", "pointercancel"]) this.upper.addEventListener(end, () => this.finish());
    this.upper.addEventListener("pointerleave", () => this.point(null));
    this.upper.addEventListener("click", (event) => this.data.paints || this.choose(this.cellAt(event)));
    this.upper.addEventListener("keydown", (event) => this.press(event));
    this.upper.addEventListener("keyup", (event) => event.key === "Shift" && this.finish());
    this.upper.addEventListener("blur", () => { this.finish(); this.cursor = null; this.overlay(); });
    this.toggle.addEventListener("click", () => this.toggleTable());
    this.numbers.addEventListener("keydown", (event) => {
      if (event.key !== "t" && event.key !== "Escape") return;
      event.preventDefault();
      this.toggleTable();
    });
    this.observer = new ResizeObserver(() => this.host.clientWidth !== this.width && this.arrange());
    this.observer.observe(host);
  }

  /** Take new data, or the same data after a change of theme. */
  update(data, commit) {
    const late = data.paints && this.data?.values.length === data.values.length && (this.stroke || data.stamp < this.stamp);
    if (late) data.values = this.data.values; // painted on since this was computed
    this.data = data;
    this.commit = commit;
    this.upper.classList.toggle("paints", Boolean(data.paints));
    [this.T, this.S] = [data.rows.length, data.columns.length];
    this.selected = inside(data.selected, this.T, this.S) ? data.selected : null;
    if (!inside(this.cursor, this.T, this.S)) this.cursor = null;
    if (!inside(this.hover, this.T, this.S)) this.hover = null;
    this.caption.textContent = data.label;
    this.upper.setAttribute("aria-label", `${data.label || "Matrix"}: ${this.T} rows (${data.row_role}), ${this.S} columns ` +
      `(${data.column_role}). Arrow keys move, Home and End go to the row's ends, ${data.paints ? PAINTS : "Enter selects"}, Escape returns, t shows a table.`);
    this.arrange();
    this.say(this.cursor ?? this.selected);
    if (!this.numbers.hidden) this.fillTable();
  }

  value([row, column]) { return this.data.values[row * this.S + column]; }

  /** A cell's value as it is read. */
  word(cell) {
    const { data } = this;
    if (Number.isNaN(this.value(cell))) return data.hole;
    return data.kind === "mask" ? OPEN : figure(this.value(cell), data.digits);
  }

  /** The page's colours and fonts, read at every layout because the reader may switch the theme at any time. */
  readTheme() {
    const style = getComputedStyle(this.host);
    const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
    const rgb = (colour) => {
      this.probe.fillStyle = colour;
      this.probe.fillRect(0, 0, 1, 1);
      return [...this.probe.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    };
    const page = read("--st-background-color", "#ffffff");
    const [r, g, b] = rgb(page);
    const tones = TONES[0.2126 * r + 0.7152 * g + 0.0722 * b < 128 ? "dark" : "light"];
    const stops = this.data.kind === "signed" ? [tones.blue, page, tones.vermillion] : [page, tones.blue];
    this.theme = { ...tones, page, text: read("--st-text-color", "#31333F"), font: read("--st-code-font", "monospace"), stops };
    this.colours = palette(stops.map(rgb));
  }

  /** Choose all sizes from the width, then draw. */
  arrange() {
    this.width = this.host.clientWidth;
    if (!this.data || !this.width) return; // hidden, in a closed tab: the observer calls again
    this.readTheme();
    const { T, S, data, theme } = this;
    const height = Math.min(data.height, this.width); // depends on no data, so nothing below moves when data arrives
    const ratio = (this.ratio = clamp(window.devicePixelRatio || 1, 1, 3));
    this.stage.style.height = `${height}px`;

    this.size = clamp(Math.round(0.5 * Math.min(this.width / (S + 4), height / (T + 4))), 12, 16); // of the letters
    const ink = this.probe;
    ink.font = `700 ${this.size}px ${theme.font}`; // bold, so that the chosen label fits as well
    const limit = this.width < 480 ? 8 : 12;
    const limits = [Math.max(limit, data.row_role.length + 2), limit]; // what stands above the rows, with its arrow, takes that room anyway
    this.labels = [data.rows, data.columns].map((tokens, side) => tokens.map((token) => legible(token, limits[side])));
    const widest = (labels) => Math.max(...[...new Set(labels.map(({ mark, text }) => mark + text))].map((t) => ink.measureText(t).width));
    const [rowWidth, columnWidth] = this.labels.map(widest);
    const axes = Math.max(ink.measureText(`${data.row_role} ↓`).width, ink.measureText(`${data.column_role} →`).width);
    this.left = Math.ceil(Math.max(rowWidth, axes + 4)) + 10;
    this.top = Math.ceil(Math.max(columnWidth * Math.sin(TILT) + this.size, 3.8 * this.size));
    const right = columnWidth * Math.cos(TILT) + this.size / 2; // the last column's label leans out
    Object.assign(this, cellSize(this.width - this.left - right - 2, height - this.top - 2, T, S, ratio, data.square));
    const width = Math.min(this.width, Math.ceil(this.left + S * this.wide + right + 2));
    for (const canvas of [this.lower, this.upper]) {
      [canvas.width, canvas.height] = [width * ratio, height * ratio];
      [canvas.style.width, canvas.style.height] = [`${width}px`, `${height}px`];
      canvas.getContext("2d").scale(ratio, ratio);
    }

    if (document.fonts && !document.fonts.check(ink.font) && this.awaited !== ink.font) {
      this.awaited = ink.font; // the page's font comes late and has other widths: arrange once more when it is there
      document.fonts.load(ink.font).then(() => this.arrange(), () => {});
    }
    this.rasterise();
    this.paint();
  }

  /** Make the matrix once as a picture of its own, so that a change of selection only copies it. */
  rasterise() {
    const { T, S, wide, high, ratio, theme, data } = this;
    const [width, height] = [S * wide, T * high].map((size) => Math.max(1, Math.round(size * ratio)));
    const columns = wide < 1 ? Math.max(1, Math.round(S * wide)) : S;
    const rows = high < 1 ? Math.max(1, Math.round(T * high)) : T;
    this.peaks = wide < 1 || high < 1 ? { index: strongest(data.values, T, S, rows, columns), rows, columns } : null;
    const values = this.peaks ? new Float32Array(rows * columns).fill(NaN) : data.values;
    this.peaks?.index.forEach((cell, pixel) => { if (cell >= 0) values[pixel] = data.values[cell]; });
    const { colour, mask } = images(values, rows, columns, data, this.colours);
    this.raster = canvasOf(width, height);
    const ink = this.raster.getContext("2d");
    ink.imageSmoothingEnabled = false;
    ink.drawImage(stamp(mask), 0, 0, width, height);
    ink.globalCompositeOperation = "source-in"; // the hatching shows only where the mask is
    ink.fillStyle = hatching(theme.text, ratio);
    ink.fillRect(0, 0, width, height);
    ink.globalCompositeOperation = "source-over";
    ink.drawImage(stamp(colour), 0, 0, width, height);
    this.legend(data.values.some(Number.isNaN));
  }

  /** The colour bar with its range, under the picture. */
  legend(masked) {
    const { data, theme } = this;
    const ramp = element("span", { class: "ramp", role: "img", "aria-label": "colour scale" });
    ramp.style.backgroundImage = `linear-gradient(to right, ${theme.stops.join(", ")})`;
    const open = element("span", { class: "open" });
    open.style.background = theme.stops.at(-1);
    if (data.kind === "mask") this.scale.replaceChildren(open, OPEN);
    else this.scale.replaceChildren(figure(data.low, data.digits), ramp, figure(data.high, data.digits));
    this.hole.textContent = data.hole;
    this.swatch.hidden = !masked;
  }

  /** Draw the lower canvas: matrix, labels, selection. */
  paint() {
    if (!this.raster) return;
    const { T, S, left, top, wide, high, theme, data, selected } = this;
    const ink = this.lower.getContext("2d");
    ink.clearRect(0, 0, this.lower.width, this.lower.height);
    ink.imageSmoothingEnabled = false;
    ink.drawImage(this.raster, left, top, S * wide, T * high);
    ink.strokeStyle = theme.text;
    ink.lineWidth = 1;
    ink.globalAlpha = 0.1;
    if (Math.min(wide, high) >= 10) { // lines between cells help to count, until they are more ink than the cells
      ink.beginPath();
      for (let r = 1; r < T; r++) { ink.moveTo(left, top + r * high); ink.lineTo(left + S * wide, top + r * high); }
      for (let c = 1; c < S; c++) { ink.moveTo(left + c * wide, top); ink.lineTo(left + c * wide, top + T * high); }
      ink.stroke();
    }
    ink.globalAlpha = 0.35;
    ink.strokeRect(left - 0.5, top - 0.5, S * wide + 1, T * high + 1);
    ink.globalAlpha = 1;

    ink.textBaseline = "middle";
    ink.direction = "ltr";
    const needed = this.size * 1.25;
    const edge = { x: left - 6, y: top - 6 };
    for (const r of labelled(T, thinning(high, needed), selected?.[0])) {
      const colour = r === selected?.[0] && theme.rowText;
      this.letter(ink, this.labels[0][r], edge.x, top + (r + 0.5) * high, { right: true, colour });
    }
    for (const c of labelled(S, thinning(wide, needed / Math.sin(TILT)), selected?.[1])) {
      const colour = c === selected?.[1] && theme.columnText;
      this.letter(ink, this.labels[1][c], left + (c + 0.5) * wide, edge.y, { tilt: -TILT, colour });
    }
    const axis = (role, x, y, colour) => this.letter(ink, { mark: "", text: role }, x, y, { right: true, colour });
    axis(`${data.column_role} →`, left - 10, top - 3.1 * this.size, theme.columnText);
    axis(`${data.row_role} ↓`, left - 10, top - 1.8 * this.size, theme.rowText);

    if (data.paints) this.empty(ink);
    if (selected) {
      const [row, column] = this.boxes(selected);
      ink.strokeStyle = theme.rowText;
      ink.lineWidth = 1.5;
      ink.strokeRect(left, row.y, S * wide, row.size);
      for (const [colour, width] of [[theme.page, 5], [theme.text, 2.5]]) { // a halo, so that the outline shows on every tone
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
    const { T, S, data, left, top, wide, high } = this;
    ink.strokeStyle = this.theme.columnText;
    ink.lineWidth = 2.5;
    for (let r = 0; r < T; r++) if (data.values.subarray(r * S, (r + 1) * S).every(Number.isNaN)) ink.strokeRect(left, top + r * high, S * wide, high);
  }

  /** Write one label: the dim marks of its leading spaces, then its text, bold and in the role's colour if one is given. */
  letter(ink, { mark, text }, x, y, { right = false, tilt = 0, colour = false }) {
    ink.save();
    ink.translate(x, y);
    ink.rotate(tilt);
    ink.font = `${colour ? 700 : 400} ${this.size}px ${this.theme.font}`;
    ink.fillStyle = colour || this.theme.text;
    const isolated = `\u2068${text}\u2069`; // a right-to-left token keeps its own order and lends it to nobody
    const start = right ? -ink.measureText(isolated).width : ink.measureText(mark).width;
    ink.fillText(isolated, start, 0);
    ink.globalAlpha = 0.55;
    ink.fillText(mark, start - ink.measureText(mark).width, 0);
    ink.restore();
  }

  /** Where a cell's row and column lie; never thinner than an outline can show. */
  boxes([r, c]) {
    const [high, wide] = [this.high, this.wide].map((size) => Math.max(size, 8));
    return [{ y: this.top + (r + 0.5) * this.high - high / 2, size: high }, { x: this.left + (c + 0.5) * this.wide - wide / 2, size: wide }];
  }

  /** Draw the upper canvas: the crosshair at the pointer, or the keyboard's cursor. */
  overlay() {
    if (!this.raster) return;
    const ink = this.upper.getContext("2d");
    ink.clearRect(0, 0, this.upper.width, this.upper.height);
    const at = this.hover ?? this.cursor;
    this.tip.hidden = !at || Boolean(this.stroke); // it would lie over the cells that are painted next
    if (!at) return;
    const [row, column] = this.boxes(at);
    ink.strokeStyle = this.theme.text;
    ink.globalAlpha = 0.6;
    ink.lineWidth = 1;
    ink.strokeRect(this.left, row.y, this.S * this.wide, row.size);
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
    const [from, to] = [data.rows[r], data.columns[c]].map((token) => {
      const { mark, text } = legible(token, 40);
      return element("bdi", {}, mark + text);
    });
    this.tip.replaceChildren(
      element("div", { class: "pair" }, from, " → ", to),
      element("div", { class: "number" }, this.word([r, c])),
      element("div", { class: "place" }, `row ${r + 1}, column ${c + 1}`),
    );
    const [height, far] = [this.stage.clientHeight, 10];
    const low = row.y > height / 2;
    const late = column.x > this.width / 2;
    Object.assign(this.tip.style, {
      left: late ? "auto" : `${column.x + column.size + far}px`,
      right: late ? `${this.width - column.x + far}px` : "auto",
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
      cells: [this.left, this.top, this.wide, this.high].join(","),
      value: selected ? (Number.isNaN(this.value(selected)) ? data.hole : String(this.value(selected))) : "",
    });
  }

  /** Put the cell in words; the line is a live region, so a screen reader speaks it. */
  say(cell) {
    const { data } = this;
    const [asks, answers] = data.row_role === "query" && data.column_role === "key" ? [" asks", " answers"] : ["", ""];
    const line = element("span");
    if (!cell) line.append(data.paints ? "Click cells, or drag over them; or use the arrow keys and Space." : "Click a cell, or use the arrow keys on the picture.");
    else line.append(
      `row ${cell[0] + 1} `, element("bdi", {}, spoken(data.rows[cell[0]])), `${asks}, column ${cell[1] + 1} `,
      element("bdi", {}, spoken(data.columns[cell[1]])), `${answers}: ${this.word(cell)}`,
    );
    if (line.textContent !== this.readout.textContent) this.readout.replaceChildren(line); // nothing is spoken twice
  }

  /** The cell under the pointer; where a pixel covers several, the one whose colour it shows. */
  cellAt(event) {
    const { T, S, wide, high, peaks } = this;
    const box = this.upper.getBoundingClientRect();
    const [y, x] = [event.clientY - box.top - this.top, event.clientX - box.left - this.left];
    const under = [Math.floor(y / high), Math.floor(x / wide)];
    if (!inside(under, T, S)) return null;
    const pixel = peaks && Math.floor((y / high / T) * peaks.rows) * peaks.columns + Math.floor((x / wide / S) * peaks.columns);
    const peak = peaks ? peaks.index[pixel] : -1;
    return peak < 0 ? under : [Math.floor(peak / S), peak % S];
  }

  point(cell) {
    if (String(cell) === String(this.hover)) return; // still in the same cell
    this.hover = cell;
    this.overlay();
  }

  /** Commit a cell: shown at once, and sent once. */
  choose(cell) {
    if (!cell) return;
    this.selected = this.data.selected = cell;
    if (this.cursor) this.cursor = cell;
    this.paint();
    this.say(cell);
    if (!this.numbers.hidden) this.fillTable();
    this.commit("cell", ...cell);
  }

  // ---- painting: the first cell of a stroke is turned over, the others follow it, and the whole mask is sent once at its end

  begin(event) {
    const cell = this.data.paints && event.button === 0 && this.cellAt(event);
    if (!cell) return;
    this.upper.setPointerCapture(event.pointerId); // a stroke goes on outside the picture, and ends there
    this.turnOver(cell);
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
    this.say(cell);
  }

  /** The end of a stroke: send the mask as bits, row by row, eight to a byte. */
  finish() {
    if (!this.stroke) return;
    this.stroke = null;
    const bytes = new Uint8Array(Math.ceil(this.data.values.length / 8));
    this.data.values.forEach((value, i) => { if (!Number.isNaN(value)) bytes[i >> 3] |= 128 >> (i & 7); });
    this.stamp = Date.now();
    this.commit("mask", this.T, this.S, btoa(String.fromCharCode(...bytes)));
    if (!this.numbers.hidden) this.fillTable();
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [r, c] = this.cursor ?? this.selected ?? [0, 0];
    const moves = {
      ArrowUp: [r - 1, c], ArrowDown: [r + 1, c], ArrowLeft: [r, c - 1], ArrowRight: [r, c + 1],
      Home: [r, 0], End: [r, this.S - 1],
    };
    if (event.key in moves) {
      this.move(moves[event.key]);
      if (this.data.paints && event.shiftKey) this.brush([r, c]);
    } else if (event.key === "Enter" || event.key === " ") this.data.paints ? (this.turnOver([r, c]), this.finish()) : this.choose([r, c]);
    else if (event.key === "Escape") { this.hover = null; this.cursor = this.selected; this.overlay(); this.say(this.cursor); }
    else if (event.key === "t") this.toggleTable();
    else return;
    event.preventDefault(); // arrows and Space would scroll the page
    event.stopPropagation(); // and Streamlit has shortcuts of its own
  }

  move([r, c]) {
    this.hover = null; // a pointer left lying on the picture should not hold the tooltip
    this.cursor = [clamp(r, 0, this.T - 1), clamp(c, 0, this.S - 1)];
    this.overlay();
    this.say(this.cursor);
  }

  /** Paint on to where the cursor has moved, with what the cell has that it came from; the stroke ends with Shift. */
  brush(from) {
    this.stroke ??= { value: this.value(from), at: from };
    this.extend(this.cursor);
  }

  /** Open the table and go there, or close it and go back to where the reader came from. */
  toggleTable() {
    const open = this.numbers.hidden;
    if (open) {
      this.opener = this.host.getRootNode().activeElement ?? this.toggle;
      this.fillTable();
    }
    this.numbers.hidden = !open;
    this.toggle.setAttribute("aria-expanded", String(open));
    if (open) this.numbers.focus();
    else this.opener.focus();
  }

  /** The same numbers as a real table, made only while somebody looks: everything, or the selected row of a long text. */
  fillTable() {
    const { data, T, S, selected } = this;
    const heading = (token, i, scope) => {
      const { mark, text } = legible(token, 24);
      return element("th", { scope }, `${i} `, element("bdi", {}, mark + text));
    };
    const number = (r, c) => {
      const chosen = r === selected?.[0] && c === selected?.[1];
      return element("td", chosen ? { "aria-current": "true" } : {}, this.word([r, c]));
    };
    const whole = Math.max(T, S) <= WHOLE_TABLE;
    const row = (this.cursor ?? selected ?? [0])[0];
    const head = whole ? data.columns.map((token, c) => heading(token, c, "col")) : [element("th", { scope: "col" }, "value")];
    const lines = whole
      ? data.rows.map((token, r) => element("tr", {}, heading(token, r, "row"), ...data.columns.map((_, c) => number(r, c))))
      : data.columns.map((token, c) => element("tr", {}, heading(token, c, "row"), number(row, c)));
    const corner = whole ? `${data.row_role} \\ ${data.column_role}` : data.column_role;
    const title = whole ? data.label || "All numbers" : `Row ${row}, ${spoken(data.rows[row])}: its ${S} numbers`;
    this.numbers.replaceChildren(element("table", {},
      element("caption", {}, title),
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, corner), ...head)),
      element("tbody", {}, ...lines),
    ));
  }

  end() { this.observer.disconnect(); }
}

export default view("heatmap", Heatmap, unpack);
