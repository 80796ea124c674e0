// Several small matrices over the same tokens on two stacked canvases: the lower one holds the matrices, the upper one the crosshair, which is in
// all of them at once, with the numbers of that cell over each. Nothing goes to the server but a chosen cell.

const TONES = {
  light: { blue: "#0072B2", vermillion: "#D55E00", rowText: "#0072B2", columnText: "#C25400" },
  dark: { blue: "#56B4E9", vermillion: "#FF933D", rowText: "#56B4E9", columnText: "#FF933D" },
};
const TILT = Math.PI / 3; // column labels rise at 60 degrees
const LETTER = 12; // CSS pixels
const LEFT = 76; // room for the row labels of the first panel of a line
const TOP = 62; // room for the column labels of the first line
const TITLE = 24;
const GAP = 18;
const SHOWN = 8; // characters of a label
const SIGNS = { "\n": "⏎", "\r": "␍", "\t": "⇥" };

// ---------------------------------------------------------------------------------------------------------- pure helpers

/** Split a payload [u32 length][JSON header][float32 matrix, the maps one upon the other] into header and one array per panel, null where a note is. */
function unpack(payload) {
  const bytes = payload.slice(); // the message's own offset may not be a multiple of four
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const numbers = new Float32Array(bytes.buffer, 4 + length);
  const rows = header.rows.slice(0, header.tall);
  const size = header.tall * header.columns.length;
  let next = 0;
  const maps = header.notes.map((note) => (note === null ? numbers.subarray(next * size, ++next * size) : null));
  return { ...header, rows, maps };
}

const clamp = (x, low, high) => Math.min(Math.max(x, low), high);
const figure = (value) => (Number.isNaN(value) ? "masked" : value === 0 ? "0" : value.toPrecision(3).replace("-", "−"));
const isolated = (text) => `\u2068${text}\u2069`; // a right-to-left token keeps its own order and lends it to nobody

/** A token as a label: dots for spaces, signs for line ends, direction marks left out, cut after `limit` characters. */
function legible(token, limit = SHOWN) {
  const text = token.replace(/ /g, "·").replace(/[\n\r\t]/g, (letter) => SIGNS[letter]).replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "");
  const letters = Array.from(text);
  return letters.length > limit ? `${letters.slice(0, limit - 1).join("")}…` : text || "∅";
}

/** The smallest of 1, 2, 5, 10, 20, 50 ... that keeps labels `needed` pixels apart. */
function thinning(cell, needed) {
  for (let power = 1; ; power *= 10) for (const step of [1, 2, 5]) if (step * power * cell >= needed) return step * power;
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Colours between [r, g, b] stops, packed as one number each. */
function palette(stops, size = 511) {
  const bytes = new Uint8ClampedArray(size * 4);
  for (let i = 0; i < size; i++) {
    const place = (i / (size - 1)) * (stops.length - 1);
    const start = Math.min(Math.floor(place), stops.length - 2);
    for (let k = 0; k < 3; k++) bytes[4 * i + k] = stops[start][k] + (place - start) * (stops[start + 1][k] - stops[start][k]);
    bytes[4 * i + 3] = 255;
  }
  return new Uint32Array(bytes.buffer);
}

/** A matrix as a canvas of one pixel per cell; masked cells stay transparent. */
function stamp(values, T, S, { low, high }, colours) {
  const canvas = element("canvas");
  [canvas.width, canvas.height] = [S, T];
  const image = new ImageData(S, T);
  const pixels = new Uint32Array(image.data.buffer);
  const scale = (colours.length - 1) / (high - low);
  values.forEach((value, i) => { if (!Number.isNaN(value)) pixels[i] = colours[clamp(Math.round((value - low) * scale), 0, colours.length - 1)]; });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// ---------------------------------------------------------------------------------------------------------- all panels

class Panels {
  constructor(host) {
    this.host = host;
    this.turn = this.painted = 0;
    this.hover = this.cursor = null;
    this.probe = element("canvas").getContext("2d", { willReadFrequently: true });
    this.caption = element("div", { class: "caption" });
    this.lower = element("canvas", { "aria-hidden": "true" });
    this.upper = element("canvas", { class: "pointer", tabindex: "0", role: "img", "aria-roledescription": "heatmaps" });
    this.stage = element("div", { class: "stage" }, this.lower, this.upper);
    this.scale = element("span", { class: "scale" });
    this.readout = element("div", { class: "readout", "aria-live": "polite", "aria-atomic": "true" });
    host.replaceChildren(this.caption, this.stage, element("div", { class: "foot" }, this.scale, this.readout));
    this.upper.addEventListener("pointermove", (event) => this.point(this.cellAt(event)));
    this.upper.addEventListener("pointerleave", () => this.point(null));
    this.upper.addEventListener("click", (event) => this.choose(this.cellAt(event)));
    this.upper.addEventListener("keydown", (event) => this.press(event));
    this.upper.addEventListener("blur", () => { this.cursor = null; this.overlay(); });
    this.observer = new ResizeObserver(() => this.host.clientWidth !== this.width && this.arrange());
    this.observer.observe(host);
  }

  update(data, commit) {
    this.data = data;
    this.commit = commit;
    [this.T, this.S] = [data.rows.length, data.columns.length];
    for (const name of ["hover", "cursor"]) if (this[name] && !(this[name][0] < this.T && this[name][1] < this.S)) this[name] = null;
    this.selected = data.selected;
    this.caption.textContent = data.label;
    this.upper.setAttribute("aria-label", `${data.label || "Matrices"}: ${data.titles.join(", ")}; ${this.T} rows (${data.row_role}), ${this.S} columns ` +
      `(${data.column_role}). Arrow keys move, Home and End go to the row's ends, Enter selects, Escape returns.`);
    this.arrange();
  }

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
    const stops = { signed: [tones.blue, page, tones.vermillion], weights: [page, tones.blue] };
    this.theme = { ...tones, page, text: read("--st-text-color", "#31333F"), font: read("--st-code-font", "monospace"), body: read("--st-font", "sans-serif"), stops };
    this.colours = { signed: palette(stops.signed.map(rgb)), weights: palette(stops.weights.map(rgb)) };
  }

  /** Choose all sizes from the width and the number of panels, never from the numbers, so that nothing moves when data arrives. */
  arrange() {
    this.width = this.host.clientWidth;
    if (!this.data || !this.width) return; // hidden, in a closed tab: the observer calls again
    this.readTheme();
    const { data, T, S, width, theme } = this;
    const count = data.titles.length;
    const room = (across) => (width - LEFT - GAP * across) / across;
    let across = Math.max(1, Math.min(count, data.across));
    while (across > 1 && room(across) < 110) across--;
    const side = Math.floor(Math.min(data.side, room(across)));
    const lines = Math.ceil(count / across);
    const step = Math.max(side, Math.min(room(across), 1.5 * side)) + GAP; // what is left of the width goes between the panels
    const height = TOP + lines * (TITLE + side) + (lines - 1) * GAP + 4;
    const cell = side / Math.max(T, S);
    Object.assign(this, { across, side, cell });
    this.origins = data.titles.map((_, i) => ({ x: LEFT + (i % across) * step, y: TOP + Math.floor(i / across) * (TITLE + side + GAP) + TITLE }));
    const ratio = clamp(window.devicePixelRatio || 1, 1, 3);
    for (const canvas of [this.lower, this.upper]) {
      [canvas.width, canvas.height] = [width * ratio, height * ratio];
      [canvas.style.width, canvas.style.height] = [`${width}px`, `${height}px`];
      canvas.getContext("2d").scale(ratio, ratio);
    }
    this.stage.style.height = `${height}px`;
    const font = `${LETTER}px ${theme.font}`;
    if (document.fonts && !document.fonts.check(font) && this.awaited !== font) {
      this.awaited = font;
      document.fonts.load(font).then(() => this.arrange(), () => {});
    }
    this.hatch = this.hatching(ratio);
    this.stamps = data.maps.map((values, i) => values && stamp(values, T, S, data.scales[i], this.colours[data.scales[i].kind]));
    this.legend();
    this.paint();
  }

  hatching(ratio) {
    const n = Math.round(7 * ratio);
    const tile = element("canvas");
    [tile.width, tile.height] = [n, n];
    const ink = tile.getContext("2d");
    ink.strokeStyle = this.theme.text;
    ink.lineWidth = ratio;
    for (const shift of [-n, 0, n]) { ink.moveTo(shift - 1, n + 1); ink.lineTo(shift + n + 1, -1); }
    ink.globalAlpha = 0.16;
    ink.stroke();
    const pattern = ink.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix().scale(1 / ratio));
    return pattern;
  }

  legend() {
    const { data, theme } = this;
    const some = data.scales.filter((scale, i) => i === data.scales.findIndex(({ kind }) => kind === scale.kind)); // one bar for each kind
    const bars = some.flatMap(({ kind, low, high }) => {
      const ramp = element("span", { class: "ramp", role: "img", "aria-label": "colour scale" });
      ramp.style.backgroundImage = `linear-gradient(to right, ${theme.stops[kind].join(", ")})`;
      return [element("span", {}, figure(low)), ramp, element("span", {}, figure(high))]; // bare texts that meet would run together
    });
    const masked = data.maps.some((values) => values?.some(Number.isNaN));
    this.scale.replaceChildren(...bars, ...(masked ? [element("span", { class: "hatch" }), "masked"] : []));
  }

  paint() {
    const { data, T, S, side, cell, theme, origins, across } = this;
    const ink = this.lower.getContext("2d");
    ink.clearRect(0, 0, this.lower.width, this.lower.height);
    ink.imageSmoothingEnabled = false;
    ink.textBaseline = "middle";
    ink.direction = "ltr";
    const [wide, high] = [S * cell, T * cell];
    origins.forEach(({ x, y }, i) => {
      ink.fillStyle = theme.text;
      ink.font = `600 13px ${theme.body}`;
      ink.textAlign = "left";
      ink.fillText(this.fitted(ink, data.titles[i], side), x, y - 12);
      if (data.maps[i]) {
        ink.fillStyle = this.hatch;
        ink.fillRect(x, y, wide, high);
        this.blank(ink, data.maps[i], x, y);
        ink.drawImage(this.stamps[i], x, y, wide, high);
      } else this.note(ink, data.notes[i], x, y);
      ink.globalAlpha = 0.35;
      ink.strokeStyle = theme.text;
      ink.lineWidth = 1;
      ink.strokeRect(x - 0.5, y - 0.5, (data.maps[i] ? wide : side) + 1, (data.maps[i] ? high : side) + 1);
      ink.globalAlpha = 1;
      ink.fillStyle = theme.text;
      if (i % across === 0) this.rowLabels(ink, x, y);
      if (i < across) this.columnLabels(ink, x, y);
    });
    ink.font = `700 ${LETTER}px ${theme.font}`;
    ink.textAlign = "right";
    for (const [text, line, colour] of [[`${data.column_role} →`, 3, theme.columnText], [`${data.row_role} ↓`, 1.7, theme.rowText]]) {
      ink.fillStyle = colour;
      ink.fillText(text, LEFT - 8, TOP - line * LETTER);
    }
    this.overlay();
  }

  /** Take the hatching away under cells that have a number: a number near zero is nearly transparent in no theme, but its page must be plain. */
  blank(ink, values, x, y) {
    const { T, S, cell } = this;
    for (let r = 0; r < T; r++) {
      let start = -1;
      for (let c = 0; c <= S; c++) {
        const here = c < S && !Number.isNaN(values[r * S + c]);
        if (here && start < 0) start = c;
        if (!here && start >= 0) { ink.clearRect(x + start * cell, y + r * cell, (c - start) * cell, cell); start = -1; }
      }
    }
  }

  /** Whether the title leaves room for the number; the readout has it in any case. */
  beside(ink, title) { return ink.measureText(title).width * 1.08 + 58 <= this.side; }

  fitted(ink, text, width) {
    let shown = text;
    while (shown.length > 1 && ink.measureText(shown).width > width) shown = `${shown.slice(0, -2)}…`;
    return shown;
  }

  note(ink, text, x, y) {
    const { side, theme } = this;
    ink.font = `13px ${theme.body}`;
    const lines = [""];
    for (const word of text.split(" ")) {
      if (ink.measureText(`${lines.at(-1)} ${word}`).width > side - 16) lines.push(word);
      else lines[lines.length - 1] += lines.at(-1) ? ` ${word}` : word;
    }
    lines.forEach((line, i) => ink.fillText(line, x + 8, y + side / 2 + (i - (lines.length - 1) / 2) * 18));
  }

  rowLabels(ink, x, y) {
    const { data, T, cell, theme } = this;
    ink.font = `${LETTER}px ${theme.font}`;
    ink.textAlign = "right";
    for (let r = 0, step = thinning(cell, LETTER * 1.2); r < T; r += step) ink.fillText(isolated(legible(data.rows[r])), x - 6, y + (r + 0.5) * cell);
  }

  columnLabels(ink, x, y) {
    const { data, S, cell, theme } = this;
    ink.font = `${LETTER}px ${theme.font}`;
    ink.textAlign = "left";
    for (let c = 0, step = thinning(cell, (LETTER * 1.1) / Math.sin(TILT)); c < S; c += step) {
      ink.save();
      ink.translate(x + (c + 0.5) * cell, y - TITLE - 2);
      ink.rotate(-TILT);
      ink.fillText(isolated(legible(data.columns[c])), 0, 0);
      ink.restore();
    }
  }

  /** Draw the upper canvas: the cell in every panel, with its number over each, and the readout. */
  overlay() {
    if (!this.origins) return;
    const { data, T, S, cell, theme, origins, side } = this;
    const ink = this.upper.getContext("2d");
    ink.clearRect(0, 0, this.upper.width, this.upper.height);
    const at = this.hover ?? this.cursor ?? this.selected;
    if (at) {
      const [r, c] = at;
      const size = Math.max(cell, 6);
      ink.strokeStyle = theme.text;
      ink.textBaseline = "middle";
      ink.textAlign = "right";
      ink.font = `13px ${theme.body}`;
      ink.fillStyle = theme.text;
      origins.forEach(({ x, y }, i) => {
        if (!data.maps[i]) return;
        const [cx, cy] = [x + (c + 0.5) * cell, y + (r + 0.5) * cell];
        ink.globalAlpha = 0.45;
        ink.lineWidth = 1;
        ink.strokeRect(x, cy - size / 2, S * cell, size);
        ink.strokeRect(cx - size / 2, y, size, T * cell);
        ink.globalAlpha = 1;
        ink.lineWidth = 2;
        ink.strokeRect(cx - size / 2, cy - size / 2, size, size);
        if (this.beside(ink, data.titles[i])) ink.fillText(figure(this.value(i, at)), x + side, y - 12);
      });
    }
    this.say(at);
    this.describe(at);
  }

  value(panel, [r, c]) { return this.data.maps[panel]?.[r * this.S + c]; }

  /** Put the cell in words; the line is a live region, so a screen reader speaks it. */
  say(at) {
    const { data } = this;
    const line = element("span");
    if (!at) line.append("Point at a cell, or use the arrow keys on the picture: it is marked in every panel.");
    else {
      const asks = data.row_role === "query" ? " asks, " : ", ";
      const answers = data.column_role === "key" ? " answers: " : ": ";
      const numbers = data.titles.map((title, i) => `${title} ${data.maps[i] ? figure(this.value(i, at)) : "—"}`).join(" · ");
      line.append(`row ${at[0] + 1} `, element("bdi", {}, legible(data.rows[at[0]], 24)), `${asks}column ${at[1] + 1} `,
        element("bdi", {}, legible(data.columns[at[1]], 24)), `${answers}${numbers}`);
    }
    if (line.textContent !== this.readout.textContent) this.readout.replaceChildren(line); // nothing is spoken twice
  }

  /** Leave on the wrapper what a test wants to know. */
  describe(at) {
    const { data } = this;
    const values = at ? data.titles.map((_, i) => (data.maps[i] && !Number.isNaN(this.value(i, at)) ? this.value(i, at) : null)) : [];
    Object.assign(this.host.dataset, {
      painted: ++this.painted, revision: data.revision, titles: JSON.stringify(data.titles), notes: data.notes.filter(Boolean).length,
      rows: this.T, columns: this.S, cell: at ? at.join(",") : "", values: JSON.stringify(values), high: data.high,
    });
  }

  cellAt(event) {
    const { T, S, cell } = this;
    const box = this.upper.getBoundingClientRect();
    for (const { x, y } of this.origins ?? []) {
      const [r, c] = [Math.floor((event.clientY - box.top - y) / cell), Math.floor((event.clientX - box.left - x) / cell)];
      if (r >= 0 && r < T && c >= 0 && c < S) return [r, c];
    }
    return null;
  }

  point(cell) {
    if (String(cell) === String(this.hover)) return; // still in the same cell
    this.hover = cell;
    this.overlay();
  }

  choose(cell) {
    if (!cell) return;
    this.selected = cell;
    if (this.cursor) this.cursor = cell;
    this.overlay();
    this.commit(cell);
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [r, c] = this.cursor ?? this.selected ?? [0, 0];
    const moves = { ArrowUp: [r - 1, c], ArrowDown: [r + 1, c], ArrowLeft: [r, c - 1], ArrowRight: [r, c + 1], Home: [r, 0], End: [r, this.S - 1] };
    if (event.key in moves) {
      this.hover = null; // a pointer left lying on the picture should not hold the crosshair
      this.cursor = [clamp(moves[event.key][0], 0, this.T - 1), clamp(moves[event.key][1], 0, this.S - 1)];
      this.overlay();
    } else if (event.key === "Enter" || event.key === " ") this.choose([r, c]);
    else if (event.key === "Escape") { this.hover = this.cursor = null; this.overlay(); }
    else return;
    event.preventDefault(); // arrows and Space would scroll the page
    event.stopPropagation(); // and Streamlit has shortcuts of its own
  }
}

// ---------------------------------------------------------------------------------------------------------- Streamlit

const pictures = new WeakMap(); // one per root: Streamlit calls again on the same root whenever data or theme change

export default function ({ parentElement, data, setStateValue }) {
  const host = parentElement.querySelector(".riverbank-panels");
  if (!host || !data) return undefined;
  const picture = pictures.get(host) ?? new Panels(host);
  pictures.set(host, picture);
  picture.update(unpack(data), (cell) => setStateValue("cell", [...cell, Date.now()]));
  const turn = ++picture.turn;
  return () => { // the cleanup of an overtaken call may come late: only the last call's ends the picture
    if (picture.turn !== turn) return;
    picture.observer.disconnect();
    pictures.delete(host);
  };
}
