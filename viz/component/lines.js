// @ts-check
// Tokens that ask on the left, tokens that answer on the right, a curve for each weight. The canvas is as
// large as its box and draws what the box shows: a text of any length scrolls. The slider and the pointer
// work here; the server hears of what is chosen.

import { Picture } from "./canvas.js";
import { walks } from "./keys.js";
import { unpack, view } from "./mount.js";
import { figure, fixed, whole } from "./numbers.js";
import { children, clamp, element, isolated, spoken, tall } from "./parts.js";

// CSS pixels, where type is 16 high: a token, the box at most, a number at a line's end.
const [ROW, HIGHEST, SLOT] = [24, 460, 33];
const LISTED = 300; // lines of one token, and of the table
const KEYS =
  "Up and down move from token to token, left, who asks, and right, who answers, change sides, " +
  "Enter keeps a token";
const HELP =
  "Point at a token, or use the arrow keys on the picture, to see its own lines with their weights. " +
  "A click keeps the token; t opens the numbers.";

class Lines extends Picture {
  constructor(host) {
    super(host, "lines", KEYS);
    this.heads = element("div", { class: "heads", role: "group", "aria-label": "Heads shown" });
    this.slider = element("input", { type: "range", min: "0", max: "1", step: "any" });
    this.counted = element("span");
    this.rest = element("div");
    this.box = element("div", { class: "box", tabindex: "-1" }, this.upper, this.rest);
    const slider = element("label", "strongest", this.counted, this.slider);
    const room = element("div", {}, this.caption, this.heads, slider, this.readout, this.toggle);
    host.replaceChildren(room, this.box, this.numbers);
    this.renew = walks(this.heads, () => children(this.heads));
    this.heads.addEventListener("click", ({ target }) => {
      const { name } = /** @type {HTMLElement} */ (target).dataset;
      if (name) this.commit("head", name);
    });
    this.slider.addEventListener("input", () => {
      this.count = this.slid();
      this.overlay();
    });
    this.slider.addEventListener("change", () => this.commit("count", this.slid()));
    this.box.addEventListener("scroll", () => {
      this.hover = null;
      this.overlay();
    });
  }

  update(data, commit) {
    const before = this.data;
    [this.hover, this.count] = [null, clamp(data.count, 1, Math.max(1, data.strongest.length))];
    if (this.cursor?.i >= data.rows.length) this.cursor = null;
    super.update(data, commit);
    const share = Math.log(this.count) / Math.log(Math.max(2, data.strongest.length));
    this.slider.value = String(share);
    const fresh = String(data.rows) !== String(before?.rows); // another text: show its chosen token, once
    if (data.selected && fresh) this.reveal({ i: data.selected[0] });
  }

  /** The slider runs on a logarithmic scale: from 1 to 10 is as far as from 100 to 1000. */
  slid() {
    return Math.round(Math.max(2, this.data.strongest.length) ** Number(this.slider.value));
  }

  draw() {
    const { data, T, S, theme } = this;
    this.tones = theme.heads;
    this.chips();
    this.row = ROW * this.zoom;
    this.slot = SLOT * this.zoom;
    const all = Math.max(T, S) * this.row + 8;
    this.high = Math.min(all, tall(HIGHEST));
    this.box.style.height = `${this.high}px`;
    this.rest.style.height = `${all - this.high}px`;
    this.long = this.box.clientWidth;
    this.size(this.upper, this.long, this.high);
    this.slots = clamp(Math.floor((0.14 * this.long) / this.slot), 1, data.names.length);
    this.side = Math.min(150 * this.zoom, 0.27 * this.long);
    this.ends = [this.side + this.slots * this.slot, this.long - this.side - this.slots * this.slot];
    this.painted++;
    this.overlay();
  }

  about() {
    const [place] = this.data.strongest;
    if (place === undefined) return super.about();
    const { head, ends, weight } = this.line(place);
    const [asks, answers] = [spoken(this.data.rows[ends[0]]), spoken(this.data.columns[ends[1]])];
    const finding = `the strongest line: ${asks} looks at ${answers}, ${figure(weight)}`;
    return `${finding}, in ${this.data.names[head]}; ${super.about()}`;
  }

  /** A button for each head, those shown in the colour of their lines; kept over an update, so that the focus
   *  stays. */
  chips() {
    const { data, heads } = this;
    heads.style.gridTemplateColumns = `repeat(${data.heads[0].length}, minmax(34px, 1fr))`;
    const names = data.heads.flat();
    const fresh = () => heads.replaceChildren(...names.map(() => element("button", { type: "button" })));
    this.renew(() => heads.children.length === names.length || fresh(), names.indexOf(data.names[0]));
    names.forEach((name, n) => {
      const [chip, place] = [children(heads)[n], data.names.indexOf(name)];
      chip.textContent = chip.dataset.name = name;
      chip.setAttribute("aria-label", `head ${name}`);
      chip.setAttribute("aria-pressed", String(data.chosen.includes(name)));
      chip.style.setProperty("--tone", this.tones[Math.max(0, place)]);
    });
  }

  /** A line from its place in the flattened weights. */
  line(place) {
    const { T, S, data } = this;
    return {
      head: Math.floor(place / (T * S)),
      ends: [Math.floor(place / S) % T, place % S],
      weight: data.values[place],
    };
  }

  /** The lines to be drawn: those of the token pointed at, strongest first, else the strongest of all. */
  chosen(at) {
    const { T, S, data, count } = this;
    if (!at) return data.strongest.slice(0, count).map((place) => this.line(place));
    const found = [];
    for (let head = 0; head < data.names.length; head++) {
      for (let j = 0; j < (at.side ? T : S); j++) {
        const line = this.line(head * T * S + (at.side ? j * S + at.i : at.i * S + j));
        if (line.weight > 0) found.push(line); // not where it is masked
      }
    }
    return found.sort((a, b) => b.weight - a.weight).slice(0, LISTED);
  }

  /** Draw what the box shows: its tokens, and the lines that pass through it. */
  overlay() {
    if (!this.ends) return;
    const { data, T, S, high, long, ends, ratio } = this;
    const [ink, top, at] = [this.upper.getContext("2d"), this.box.scrollTop, this.hover ?? this.cursor];
    const y = (i) => i * this.row + this.row / 2 + 4 - top;
    const lines = this.chosen(at);
    const seen = lines.filter(({ ends: [i, j] }) => Math.max(y(i), y(j)) > 0 && Math.min(y(i), y(j)) < high);
    ink.setTransform(ratio, 0, 0, ratio, 0, 0);
    ink.clearRect(0, 0, long, high);
    for (const {
      head,
      ends: [i, j],
      weight,
    } of seen.toReversed()) {
      // the strongest on top
      [ink.globalAlpha, ink.lineWidth, ink.strokeStyle] = [
        clamp(weight, 0.05, 1),
        1 + 2 * weight,
        this.tones[head],
      ];
      const middle = (ends[0] + ends[1]) / 2;
      ink.beginPath();
      ink.moveTo(ends[0], y(i));
      ink.bezierCurveTo(middle, y(i), middle, y(j), ends[1], y(j));
      ink.stroke();
    }
    ink.globalAlpha = 1;
    ink.textBaseline = "middle";
    const [first, last] = [Math.floor(Math.max(0, top - 4) / this.row), Math.ceil((top + high) / this.row)];
    for (const [side, tokens] of [data.rows, data.columns].entries()) {
      for (let i = first; i < Math.min(last, tokens.length); i++) {
        this.token(ink, side, i, tokens[i], y(i), at);
      }
    }
    if (at) this.weights(ink, at, seen, y);
    const many = whole(lines.length);
    this.counted.textContent = at
      ? `${lines.length < LISTED ? "all" : "the strongest"} ${many} lines of this token`
      : `the ${many} strongest lines`;
    if (at) this.speak(at, lines);
    else this.say(HELP);
    const spelt = lines
      .slice(0, 20)
      .map(({ head, ends: pair, weight }) => [data.names[head], ...pair, weight]);
    Object.assign(this.host.dataset, {
      painted: this.painted,
      revision: data.revision,
      names: data.names.join(" "),
      rows: T,
      columns: S,
      count: lines.length,
      drawn: seen.length,
      seen: Math.min(last, T) - first,
      at: at ? `${at.side},${at.i}` : "",
      selected: data.selected ?? "",
      ends: ends.join(","),
      row: this.row,
      lines: JSON.stringify(spelt),
    });
  }

  token(ink, side, i, text, y, at) {
    const { theme, data, long, side: room } = this;
    const mine = at?.side === side && at.i === i;
    const kept = data.selected?.[side] === i;
    ink.fillStyle = kept ? (side ? theme.vermillion : theme.blue) : theme.text;
    ink.font = `${kept || mine ? 700 : 400} ${14 * this.zoom}px ${theme.code}`;
    ink.textAlign = side ? "left" : "right";
    const limit = Math.max(3, Math.floor((room - 34 * this.zoom) / (8.6 * this.zoom)));
    ink.fillText(isolated(text, limit), side ? long - room + 6 : room - 6, y);
    ink.font = `${11 * this.zoom}px ${theme.font}`;
    ink.textAlign = side ? "right" : "left";
    ink.globalAlpha = 0.6;
    ink.fillText(data.start + i + 1, side ? long - 4 : 4, y);
    ink.globalAlpha = 1;
    if (!mine && !kept) return;
    [ink.strokeStyle, ink.lineWidth] = [kept ? ink.fillStyle : theme.text, mine ? 2 : 1];
    ink.strokeRect(side ? long - room + 1 : 1, y - this.row / 2 + 1, room - 2, this.row - 2);
  }

  /** The weights of a token's lines, at their other ends; of more heads than there is room for, the
   *  strongest. */
  weights(ink, at, seen, y) {
    const used = {};
    [ink.font, ink.textAlign] = [`${11 * this.zoom}px ${this.theme.font}`, at.side ? "right" : "left"];
    for (const { head, ends, weight } of seen) {
      const other = ends[1 - at.side];
      const slot = (used[other] = (used[other] ?? -1) + 1);
      ink.fillStyle = this.data.names.length > 1 ? this.tones[head] : this.theme.text;
      const text = weight >= 0.01 ? fixed(weight, 2) : weight >= 0.001 ? fixed(weight, 3) : "<.001";
      if (slot < this.slots) {
        ink.fillText(
          text,
          at.side ? this.ends[0] - 4 - slot * this.slot : this.ends[1] + 4 + slot * this.slot,
          y(other),
        );
      }
    }
  }

  speak({ side, i }, lines) {
    const { data } = this;
    const token = (which, j) => `${isolated([data.rows, data.columns][which][j])} (${data.start + j + 1})`;
    const place = (head) => (data.names.length > 1 ? ` in ${data.names[head]}` : "");
    const line = ({ head, ends, weight }) =>
      `${token(1 - side, ends[1 - side])} ${figure(weight)}${place(head)}`;
    const most = lines.slice(0, 3).map(line).join(", ") || "nobody that it may see";
    this.say(`${token(side, i)} ${side ? "answers: most to" : "asks: most of"} ${most}`);
  }

  /** The token at a point, { side: 0 asks, 1 answers; i }; its whole side counts, up to where the lines
   *  begin. */
  under(x, y) {
    const i = Math.floor((y + this.box.scrollTop - 4) / this.row);
    const side = x < this.ends[0] ? 0 : x > this.ends[1] ? 1 : -1;
    return side < 0 || i < 0 || i >= (side ? this.S : this.T) ? null : { side, i };
  }

  here() {
    return this.cursor ?? { side: 0, i: this.data.selected?.[0] ?? 0 };
  }

  choose(at) {
    if (this.data.selected) this.data.selected[at.side] = at.i;
    this.overlay();
    this.commit("token", at.side ? "column" : "row", at.i);
  }

  moves() {
    const { side, i } = this.here();
    const go = (to, j) => ({ side: to, i: clamp(j, 0, (to ? this.S : this.T) - 1) });
    const across = { ArrowLeft: go(0, i), ArrowRight: go(1, i) };
    return {
      ...across,
      ArrowUp: go(side, i - 1),
      ArrowDown: go(side, i + 1),
      Home: go(side, 0),
      End: go(side, Infinity),
    };
  }

  reveal({ i }) {
    this.box.scrollTop = clamp(this.box.scrollTop, (i + 2) * this.row + 8 - this.high, (i - 1) * this.row);
  }

  entries() {
    const [{ data }, at] = [this, this.hover ?? this.cursor];
    const token = (tokens, i) => `${data.start + i + 1} ${isolated(tokens[i])}`;
    const lines = this.chosen(at).slice(0, LISTED);
    const line = ({ head, ends: [i, j], weight }) => [
      false,
      token(data.rows, i),
      token(data.columns, j),
      data.names[head],
      figure(weight),
    ];
    const title = at ? "The lines of this token" : `The ${lines.length} strongest lines`;
    return { title, heads: ["asks", "answers", "head", "weight"], lines: lines.map(line) };
  }
}

export default view("lines", Lines, unpack);
