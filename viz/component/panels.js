// Several small matrices over the same tokens on two stacked canvases: the lower one holds the matrices, the upper one the crosshair, which is in
// all of them at once, with the numbers of that cell over each. Nothing goes to the server but a chosen cell. What it shares with other pictures is in
// canvas.js, put before this file.

const TILT = Math.PI / 3; // column labels rise at 60 degrees
const LETTER = 12; // CSS pixels
const LEFT = 76; // room for the row labels of the first panel of a line
const TOP = 62; // room for the column labels of the first line
const TITLE = 24;
const GAP = 18;
const SHOWN = 8; // characters of a label

/** A matrix as a canvas of one pixel per cell; masked cells stay transparent. */
function stamp(values, T, S, { low, high }, colours) {
  const canvas = element("canvas", { width: S, height: T });
  const image = new ImageData(S, T);
  const pixels = new Uint32Array(image.data.buffer);
  const scale = (colours.length - 1) / (high - low);
  values.forEach((value, i) => { if (!Number.isNaN(value)) pixels[i] = colours[clamp(Math.round((value - low) * scale), 0, colours.length - 1)]; });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

class Panels extends Picture {
  constructor(host) {
    super(host, "heatmaps", "Arrow keys move, Home and End go to the row's ends, Enter selects");
    this.lower = element("canvas", { "aria-hidden": "true" });
    this.stage = element("div", "stage", this.lower, this.upper);
    host.replaceChildren(this.caption, this.stage, element("div", "foot", this.scale, this.toggle, this.readout), this.numbers);
  }

  update(data, commit) {
    const [T, S] = [data.rows.length, data.columns.length];
    for (const name of ["hover", "cursor"]) if (this[name] && !(this[name][0] < T && this[name][1] < S)) this[name] = null;
    this.selected = data.selected;
    let next = 0;
    this.maps = data.notes.map((note) => (note === null ? data.values.subarray(next * T * S, ++next * T * S) : null));
    super.update(data, commit);
  }

  about() { return `${this.data.titles.join(", ")}; ${this.T} rows (${this.data.row_role}), ${this.S} columns (${this.data.column_role})`; }

  /** Choose all sizes from the width and the number of panels, never from the numbers, so that nothing moves when data arrives. */
  draw() {
    const { data, T, S, wide, theme } = this;
    const count = data.titles.length;
    const room = (across) => (wide - LEFT - GAP * across) / across;
    let across = Math.max(1, Math.min(count, data.across));
    while (across > 1 && room(across) < 110) across--;
    const side = Math.floor(Math.min(data.side, room(across)));
    const lines = Math.ceil(count / across);
    const step = Math.max(side, Math.min(room(across), 1.5 * side)) + GAP; // what is left of the width goes between the panels
    const height = TOP + lines * (TITLE + side) + (lines - 1) * GAP + 4;
    Object.assign(this, { across, side, cell: side / Math.max(T, S) });
    this.origins = data.titles.map((_, i) => ({ x: LEFT + (i % across) * step, y: TOP + Math.floor(i / across) * (TITLE + side + GAP) + TITLE }));
    for (const canvas of [this.lower, this.upper]) this.size(canvas, wide, height);
    this.stage.style.height = `${height}px`;
    this.expect(`${LETTER}px ${theme.code}`);
    const stops = { weights: [theme.page, this.rgb(theme.blue)], signed: [this.rgb(theme.blue), theme.page, this.rgb(theme.vermillion)] };
    const colours = { weights: palette(stops.weights), signed: palette(stops.signed) };
    this.stamps = this.maps.map((values, i) => values && stamp(values, T, S, data.scales[i], colours[data.scales[i].kind]));
    this.scales(stops);
    const hatch = this.hatching(0.16);
    hatch.setTransform(new DOMMatrix().scale(1 / this.ratio));
    this.paint(hatch);
    this.overlay();
  }

  /** One colour bar for each kind of scale, and the sign of what is masked. */
  scales(stops) {
    const some = this.data.scales.filter((scale, i, all) => i === all.findIndex(({ kind }) => kind === scale.kind));
    const bars = some.flatMap((scale) => this.bar(stops[scale.kind], scale));
    const masked = this.maps.some((values) => values?.some(Number.isNaN));
    this.scale.replaceChildren(...bars, ...(masked ? [element("span", "hatch"), "masked"] : []));
  }

  /** Draw the lower canvas. */
  paint(hatch) {
    const { data, maps, T, S, side, cell, theme, origins, across, ratio } = this;
    const ink = this.lower.getContext("2d");
    ink.setTransform(ratio, 0, 0, ratio, 0, 0);
    ink.imageSmoothingEnabled = false;
    ink.textBaseline = "middle";
    ink.direction = "ltr";
    const [wide, high] = [S * cell, T * cell];
    origins.forEach(({ x, y }, i) => {
      ink.fillStyle = theme.text;
      ink.font = `600 13px ${theme.font}`;
      ink.textAlign = "left";
      ink.fillText(this.fitted(ink, data.titles[i], side), x, y - 12);
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
    ink.font = `700 ${LETTER}px ${theme.code}`;
    ink.textAlign = "right";
    for (const [text, line, colour] of [[`${data.column_role} →`, 3, theme.vermillionText], [`${data.row_role} ↓`, 1.7, theme.blue]]) {
      ink.fillStyle = colour;
      ink.fillText(text, LEFT - 8, TOP - line * LETTER);
    }
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
    ink.font = `13px ${theme.font}`;
    const lines = [""];
    for (const word of text.split(" ")) {
      if (ink.measureText(`${lines.at(-1)} ${word}`).width > side - 16) lines.push(word);
      else lines[lines.length - 1] += lines.at(-1) ? ` ${word}` : word;
    }
    lines.forEach((line, i) => ink.fillText(line, x + 8, y + side / 2 + (i - (lines.length - 1) / 2) * 18));
  }

  rowLabels(ink, x, y) {
    const { data, T, cell, theme } = this;
    ink.font = `${LETTER}px ${theme.code}`;
    ink.textAlign = "right";
    for (let r = 0, step = thinning(cell, LETTER * 1.2); r < T; r += step) ink.fillText(isolated(data.rows[r], SHOWN), x - 6, y + (r + 0.5) * cell);
  }

  columnLabels(ink, x, y) {
    const { data, S, cell, theme } = this;
    ink.font = `${LETTER}px ${theme.code}`;
    ink.textAlign = "left";
    for (let c = 0, step = thinning(cell, (LETTER * 1.1) / Math.sin(TILT)); c < S; c += step) {
      ink.save();
      ink.translate(x + (c + 0.5) * cell, y - TITLE - 2);
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
      ink.font = `13px ${theme.font}`;
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
        if (this.beside(ink, data.titles[i])) ink.fillText(figure(this.value(i, at)), x + side, y - 12);
      });
    }
    this.tell(at);
    this.describe(at);
  }

  value(panel, [r, c]) { return this.maps[panel]?.[r * this.S + c]; }

  /** Put the cell in words. */
  tell(at) {
    const { data } = this;
    if (!at) return this.say("Point at a cell, or use the arrow keys on the picture: it is marked in every panel.");
    const asks = data.row_role === "query" ? " asks, " : ", ";
    const answers = data.column_role === "key" ? " answers: " : ": ";
    const numbers = data.titles.map((title, i) => `${title} ${this.maps[i] ? figure(this.value(i, at)) : "—"}`).join(" · ");
    return this.say(`row ${at[0] + 1} ${isolated(data.rows[at[0]])}${asks}column ${at[1] + 1} ${isolated(data.columns[at[1]])}${answers}${numbers}`);
  }

  /** Leave on the wrapper what a test wants to know. */
  describe(at) {
    const { data } = this;
    const values = at ? data.titles.map((_, i) => (this.maps[i] && !Number.isNaN(this.value(i, at)) ? this.value(i, at) : null)) : [];
    Object.assign(this.host.dataset, {
      painted: ++this.painted, revision: data.revision, titles: JSON.stringify(data.titles), notes: data.notes.filter(Boolean).length,
      rows: this.T, columns: this.S, cell: at ? at.join(",") : "", values: JSON.stringify(values), high: data.high,
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

  here() { return this.cursor ?? this.selected ?? [0, 0]; }

  choose(cell) {
    this.selected = cell;
    if (this.cursor) this.cursor = cell;
    this.overlay();
    this.commit("cell", ...cell);
  }

  moves() {
    const [[r, c], T, S] = [this.here(), this.T, this.S];
    const go = (row, column) => [clamp(row, 0, T - 1), clamp(column, 0, S - 1)];
    return { ArrowUp: go(r - 1, c), ArrowDown: go(r + 1, c), ArrowLeft: go(r, c - 1), ArrowRight: go(r, c + 1), Home: [r, 0], End: [r, S - 1] };
  }

  /** For the table: one row of every panel. */
  entries() {
    const { data, S } = this;
    const [r, chosen] = this.here();
    const line = (c) => [c === chosen, `${c + 1} ${isolated(data.columns[c])}`, ...data.titles.map((_, i) => (this.maps[i] ? figure(this.value(i, [r, c])) : "—"))];
    return [`row ${r + 1}, ${isolated(data.rows[r])}`, [data.column_role, ...data.titles], Array.from({ length: S }, (_, c) => line(c))];
  }
}

export default view("panels", Panels, unpack);
