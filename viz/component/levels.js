// @ts-check
// The cone of one output in one network, on a canvas. Level 0 is the output's, on top; the last one holds the
// tokens.

import { clamp, element, legible, tall, thinning, zoom } from "./parts.js";
import { plural } from "./numbers.js";

export const LEAST = 0.5; // of its height, which both networks keep in a window too low for more
const TILT = Math.PI / 3; // token labels hang at 60 degrees
const [LETTER, LARGEST_CELL] = [13, 40]; // CSS pixels, where type is 16 high
const LINES = 3000; // edges drawn one by one; more become fans

/** One network's levels on a canvas, the output's on top, the tokens' at the bottom. */
export class Cone {
  constructor(room) {
    this.room = room;
    this.hover = null; // [level, position]
    this.caption = element("div", "caption");
    this.canvas = element("canvas", { tabindex: "0", role: "img", "aria-roledescription": "cone" });
    this.stage = element("div", "stage", this.canvas);
    this.root = element("div", "panel", this.caption, this.stage);
    this.canvas.addEventListener("pointermove", (event) => this.point(this.cellAt(event)));
    this.canvas.addEventListener("pointerleave", () => this.point(null));
    this.canvas.addEventListener("click", (event) => {
      const cell = this.cellAt(event);
      if (cell) this.room.choose(cell[1] * this.data.levels[cell[0]].step);
    });
    this.canvas.addEventListener("keydown", (event) => this.room.press(event));
  }

  update(data) {
    this.data = data;
    this.hover = null;
    this.lit = data.levels.map((level) => new Map(level.lit.map((position, n) => [position, n])));
    const tokens = data.levels.at(-1);
    this.caption.textContent = data.name;
    const share = `${tokens.lit.length} of ${plural("token", tokens.length)}`;
    const seen = `${plural("layer", data.levels.length - 1)}, ${share} can change the output`;
    this.canvas.setAttribute(
      "aria-label",
      `${this.room.label}, ${data.name}: ${seen}. ` +
        "Left and right arrow choose another output, Home and End the first and the last.",
    );
    this.arrange();
  }

  /** Choose all sizes from the width, then draw. */
  arrange() {
    const { room, stage, canvas, data } = this;
    const width = stage.clientWidth;
    if (!width) return;
    const ratio = clamp(window.devicePixelRatio || 1, 1, 3);
    const ink = canvas.getContext("2d");
    const scale = zoom();
    this.letter = LETTER * scale;
    ink.font = `700 ${this.letter}px ${room.theme.code}`;
    const limit = width < 420 ? 8 : 12;
    this.labels = data.tokens.map((token) => legible(token, limit));
    const widest = Math.max(...this.labels.map((label) => ink.measureText(label).width));
    this.left = 62 * scale; // the names of the levels; the first token label leans out to the left as well
    this.foot = Math.ceil(widest * Math.sin(TILT) + this.letter);
    this.cell = Math.min(LARGEST_CELL * scale, (width - this.left - 6) / data.tokens.length);
    this.height = tall(room.height, LEAST);
    const steps = data.levels.length - 1;
    const highest = Math.max(130, tall(0) / 6); // from level to level
    this.rise = Math.min(highest, (this.height - this.foot - 30) / steps);
    this.radius = clamp(0.36 * Math.min(this.cell, this.rise), 0.8, 11);
    const stack = this.rise * (data.levels.length - 1);
    this.lift = Math.max(18, this.height - this.foot - 12 - stack); // tokens always stand at the same height
    stage.style.height = `${this.height}px`;
    [canvas.width, canvas.height] = [width * ratio, this.height * ratio];
    [canvas.style.width, canvas.style.height] = [`${width}px`, `${this.height}px`];
    ink.scale(ratio, ratio);
    this.width = width;
    this.paint();
  }

  x(level, position) {
    return this.left + (position * this.data.levels[level].step - this.data.start + 0.5) * this.cell;
  }

  y(level) {
    return this.lift + level * this.rise;
  }

  paint() {
    if (!this.cell) return;
    const { data, width } = this;
    const ink = this.canvas.getContext("2d");
    ink.clearRect(0, 0, width, this.height);
    ink.save();
    ink.beginPath();
    ink.rect(this.left, 0, width - this.left, this.height - this.foot);
    ink.clip(); // tokens that are not in the picture may be read all the same
    this.edges(ink);
    data.levels.forEach((_, level) => this.cells(ink, level));
    ink.restore();
    this.names(ink);
    this.words(ink);
  }

  edges(ink) {
    const { data, room } = this;
    const rays = ({ first, last, gap }) => first.reduce((n, low, i) => n + (last[i] - low) / gap + 1, 0);
    const count = data.levels.reduce((sum, level) => sum + rays(level), 0);
    ink.strokeStyle = ink.fillStyle = room.theme.green;
    data.levels.forEach(({ lit, first, last, gap }, level) => {
      ink.beginPath();
      lit.forEach((position, n) => {
        if (first[n] === undefined) return;
        if (count > LINES) this.fan(ink, level, position, first[n], last[n]);
        else this.rays(ink, level, position, first[n], last[n], gap);
      });
      ink.globalAlpha = count > LINES ? 0.18 : clamp(60 / Math.sqrt(count + 1) / 10, 0.25, 0.6);
      if (count > LINES) ink.fill();
      else ink.stroke();
    });
    ink.globalAlpha = 1;
    if (this.hover && this.lit[this.hover[0]].has(this.hover[1])) {
      const [level, position] = this.hover;
      const n = this.lit[level].get(position);
      const { first, last, gap } = data.levels[level];
      if (first[n] === undefined) return;
      ink.lineWidth = 2;
      ink.beginPath();
      this.rays(ink, level, position, first[n], last[n], gap);
      ink.stroke();
      ink.lineWidth = 1;
    }
  }

  rays(ink, level, position, first, last, gap) {
    for (let below = first; below <= last; below += gap) {
      ink.moveTo(this.x(level, position), this.y(level));
      ink.lineTo(this.x(level + 1, below), this.y(level + 1));
    }
  }

  fan(ink, level, position, first, last) {
    ink.moveTo(this.x(level, position), this.y(level));
    ink.lineTo(this.x(level + 1, first), this.y(level + 1));
    ink.lineTo(this.x(level + 1, last), this.y(level + 1));
    ink.closePath();
  }

  cells(ink, level) {
    const { room, lit, data } = this;
    const { length, step } = data.levels[level];
    const disc = (position, radius) => {
      ink.moveTo(this.x(level, position) + radius, this.y(level));
      ink.arc(this.x(level, position), this.y(level), radius, 0, 2 * Math.PI);
    };
    const from = Math.max(0, Math.ceil(data.start / step));
    const to = Math.min(length - 1, Math.floor((data.start + data.tokens.length - 1) / step));
    const dark = [],
      bright = [];
    for (let position = from; position <= to; position++) {
      (lit[level].has(position) ? bright : dark).push(position);
    }
    ink.beginPath();
    dark.forEach((position) => disc(position, Math.max(1, this.radius - 1)));
    ink.fillStyle = `rgb(${room.theme.page})`;
    ink.fill();
    ink.strokeStyle = room.theme.text;
    ink.globalAlpha = 0.3;
    ink.stroke();
    ink.globalAlpha = 1;
    ink.beginPath();
    bright.forEach((position) => disc(position, level ? this.radius : Math.max(4, 1.25 * this.radius)));
    ink.fillStyle = level ? room.theme.green : room.theme.purple;
    ink.fill();
    if (this.hover?.[0] === level) {
      ink.beginPath();
      disc(this.hover[1], this.radius + 3);
      ink.strokeStyle = room.theme.text;
      ink.lineWidth = 2;
      ink.stroke();
      ink.lineWidth = 1;
    }
  }

  /** The levels' names, on the left. */
  names(ink) {
    const top = this.data.levels.length - 1;
    ink.font = `${this.letter}px ${getComputedStyle(this.caption).fontFamily}`;
    ink.textAlign = "left";
    ink.textBaseline = "middle";
    ink.fillStyle = this.room.theme.text;
    const name = (level) => (level === top ? "tokens" : `layer ${top - level}`);
    this.data.levels.forEach((_, level) => ink.fillText(name(level), 0, this.y(level)));
  }

  /** The tokens, thinned out so that none touch; the chosen one always stands. */
  words(ink) {
    const { room, labels, data } = this;
    const step = thinning(this.cell, this.letter * 1.3);
    const seen = this.lit.at(-1);
    const chosen = room.output - data.start;
    labels.forEach((label, n) => {
      if (n !== chosen && (n % step || Math.abs(n - chosen) < step)) return;
      ink.save();
      const low = data.levels.length - 1;
      ink.translate(this.x(low, n + data.start) + 3, this.y(low) + this.radius + 6);
      ink.rotate(-TILT);
      ink.font = `${n === chosen ? 700 : 400} ${this.letter}px ${room.theme.code}`;
      ink.fillStyle = n === chosen ? room.theme.purple : room.theme.text;
      ink.globalAlpha = n === chosen || seen.has(n + data.start) ? 1 : 0.5;
      ink.textAlign = "right";
      ink.textBaseline = "middle";
      ink.fillText(`\u2068${label}\u2069`, 0, 0);
      ink.restore();
    });
  }

  /** The position under the pointer as [level, position]; a token's label counts as the token. */
  cellAt(event) {
    const { data } = this;
    const box = this.canvas.getBoundingClientRect();
    const [left, top] = [event.clientX - box.left, event.clientY - box.top];
    const level = clamp(Math.round((top - this.lift) / this.rise), 0, data.levels.length - 1);
    const token = Math.floor((left - this.left) / this.cell) + data.start;
    if (token < data.start || token >= data.start + data.tokens.length) return null;
    const position = Math.round(token / data.levels[level].step);
    return [level, Math.min(position, data.levels[level].length - 1)];
  }

  point(cell) {
    if (String(cell) === String(this.hover)) return;
    this.hover = cell;
    this.paint();
    this.room.say(cell ? this.wordsOf(cell) : null);
  }

  /** A position in words. */
  wordsOf([level, position]) {
    const { data } = this;
    const { step } = data.levels[level];
    const top = data.levels.length - 1;
    const place = position * step;
    const at = `token ${place + 1} ${legible(data.tokens[place - data.start] ?? "", 40)}`;
    const name =
      level === top ? at : `layer ${top - level}${step > 1 ? `, position ${position + 1},` : ""} at ${at}`;
    if (level === 0 && this.lit[0].has(position)) return `${data.name}: ${name}: the output`;
    return `${data.name}: ${name}: ${this.lit[level].has(position) ? "can" : "cannot"} change the output`;
  }
}
