// @ts-check
// Several numbers over the steps of a training, with a cursor at the one that is shown.

import { drawing, element, set, zoom } from "./parts.js";

const HEIGHT = 92; // CSS pixels, where type is 16 high
const TOP = 8;
const RIGHT = 10;

/** Lines of numbers from 0 to the highest; a press on the picture goes to the record that lies nearest.
 *  `series` are [class, (data) => numbers or null for none], `spell` writes one of them. */
export class Chart {
  player;
  series;
  spell;
  data;
  names; // of the series, by their classes
  lines; // the numbers of each series
  most; // the number at the top
  left; // CSS pixels
  width;
  height;
  floor; // of the lines
  guessed = false; // whether to draw the loss of a guess

  constructor(player, series, spell) {
    Object.assign(this, { player, series, spell });
    this.picture = drawing("svg", { "aria-hidden": "true" });
    this.legend = element("div", "legend");
    this.title = element("span", "name");
    this.root = element("div", "chart", this.legend, this.picture);
    const press = (event) => event.buttons === 1 && player.go(this.nearest(event));
    this.picture.addEventListener("pointerdown", press);
    this.picture.addEventListener("pointermove", press);
  }

  /** Give the picture its title, and the series their names. */
  call(title, names) {
    this.title.textContent = title;
    this.names = names;
  }

  /** The record whose step lies nearest to the pointer. */
  nearest(event) {
    const { steps } = this.data;
    const at = event.clientX - this.picture.getBoundingClientRect().left;
    const away = steps.map((step) => Math.abs(this.x(step) - at));
    return away.indexOf(Math.min(...away));
  }

  x(step) {
    return this.left + (step / this.data.total) * (this.width - this.left - RIGHT);
  }

  y(value) {
    return this.floor - (Math.min(value, this.most) / this.most) * (this.floor - TOP);
  }

  /** Draw everything but the cursor. `most` is the number at the top, `foot` whether to write the steps. */
  arrange(data, most, foot) {
    const lines = this.series.map(([, read]) => read(data));
    const scale = zoom();
    Object.assign(this, { data, lines, most, left: 40 * scale, width: this.picture.clientWidth || 300 });
    this.height = (HEIGHT + (foot ? 16 : 0)) * scale;
    this.floor = this.height - (foot ? 20 : 5) * scale;
    this.picture.style.height = `${this.height}px`;
    const ends = { x1: this.left, x2: this.width - RIGHT };
    const level = (value, name) =>
      drawing("line", { class: name, ...ends, y1: this.y(value), y2: this.y(value) });
    const tick = (x, y, name, text) => drawing("text", { x, y, class: `tick ${name}` }, text);
    /** @type {SVGElement[]} */
    const marks = [...this.band(), level(0, "floor")];
    if (data.guess < most && this.guessed) marks.push(level(data.guess, "guess"));
    marks.push(
      tick(this.left - 5, this.floor + 2, "end", "0"),
      tick(this.left - 5, TOP + 6, "end", this.spell(most)),
    );
    if (foot) {
      marks.push(tick(this.left, this.height - 3, "", "0"));
      marks.push(tick(this.width - RIGHT, this.height - 3, "end", `step ${data.total}`));
    }
    this.cursor = drawing("line", { class: "cursor", y1: TOP, y2: this.floor });
    this.dots = this.series.map(([name]) => drawing("circle", { class: `dot ${name}`, r: 4 }));
    const drawn = lines.map((line, i) => this.line(line, this.series[i][0]));
    this.picture.replaceChildren(...marks, ...drawn, this.cursor, ...this.dots);
  }

  /** Where the loss fell steepest, and where a head formed. */
  band() {
    const { cliff, formed, steps } = this.data;
    const made = [];
    const span = { y: TOP, height: this.floor - TOP };
    if (cliff) {
      const [from, to] = cliff.map((place) => this.x(steps[place]));
      made.push(drawing("rect", { class: "cliff", x: from, width: Math.max(2, to - from), ...span }));
    }
    if (formed !== null) {
      const x = this.x(steps[formed]);
      made.push(drawing("line", { class: "formed", x1: x, x2: x, y1: TOP, y2: this.floor }));
    }
    return made;
  }

  line(values, name) {
    const known = (values ?? []).flatMap((value, i) =>
      value === null ? [] : [`${this.x(this.data.steps[i])},${this.y(value)}`],
    );
    return drawing("polyline", { class: `line ${name}`, points: known.join(" ") });
  }

  /** Move the cursor to a record and write its numbers. */
  paint(place) {
    const x = this.x(this.data.steps[place]);
    set(this.cursor, { x1: x, x2: x });
    const parts = this.series.map(([kind], i) => {
      const value = this.lines[i]?.[place] ?? null;
      this.dots[i].style.display = value === null ? "none" : "";
      if (value !== null) set(this.dots[i], { cx: x, cy: this.y(value) });
      if (this.lines[i] === null) return null;
      const swatch = drawing("svg", { class: "swatch", viewBox: "0 0 22 8" });
      swatch.append(drawing("line", { class: `line ${kind}`, x1: 0, x2: 22, y1: 4, y2: 4 }));
      const reading = element("b", "reading", value === null ? "–" : this.spell(value));
      return element("span", "part", swatch, `${this.names[kind]} `, reading);
    });
    this.legend.replaceChildren(this.title, ...parts.filter((part) => part !== null));
  }
}
