// @ts-check
// A number over the merges, with a cursor at the one that is shown.

import { whole } from "./numbers.js";
import { drawing, element, set, zoom } from "./parts.js";

/** A falling or rising line with a cursor; a press on it jumps there. */
export class Curve {
  constructor(player, name, spell) {
    this.player = player;
    this.spell = spell;
    this.reading = element("b", "reading");
    this.picture = drawing("svg", { "aria-hidden": "true" });
    this.title = element("span", {}, `${name}: `);
    const heading = element("div", "name", this.title, this.reading);
    this.root = element("div", "curve", heading, this.picture);
    const press = (event) => event.buttons === 1 && player.go(this.merge(event));
    this.picture.addEventListener("pointerdown", press);
    this.picture.addEventListener("pointermove", press);
  }

  merge(event) {
    const box = this.picture.getBoundingClientRect();
    return Math.round(
      ((event.clientX - box.left - this.left) / (this.width - this.left - 8)) * this.player.last,
    );
  }

  x(merge) {
    return this.left + (merge / Math.max(1, this.player.last)) * (this.width - this.left - 8);
  }

  y(value) {
    return this.height - 18 - (value / this.top) * (this.height - 26);
  }

  arrange(values) {
    this.values = values;
    this.width = this.picture.clientWidth || 300;
    this.height = 88 * zoom();
    this.left = 44 * zoom();
    this.top = Math.max(...values) || 1;
    const point = (value, merge) => `${this.x(merge)},${this.y(value)}`;
    const line = drawing("polyline", { class: "line", points: values.map(point).join(" ") });
    const floor = drawing("line", {
      class: "floor",
      x1: this.left,
      x2: this.width - 8,
      y1: this.y(0),
      y2: this.y(0),
    });
    const ticks = [
      drawing("text", { x: this.left - 6, y: this.y(0), class: "tick end" }, "0"),
      drawing("text", { x: this.left - 6, y: this.y(this.top) + 8, class: "tick end" }, this.spell(this.top)),
      drawing("text", { x: this.left, y: this.height - 3, class: "tick" }, "0"),
      drawing(
        "text",
        { x: this.width - 8, y: this.height - 3, class: "tick end" },
        `${whole(this.player.last)} merge${this.player.last === 1 ? "" : "s"}`,
      ),
    ];
    this.cursor = drawing("line", { class: "cursor", y1: 6, y2: this.y(0) });
    this.dot = drawing("circle", { class: "dot", r: 5 });
    this.picture.replaceChildren(floor, line, this.cursor, this.dot, ...ticks);
  }

  paint(merge) {
    const [x, value] = [this.x(merge), this.values[merge]];
    set(this.cursor, { x1: x, x2: x });
    set(this.dot, { cx: x, cy: this.y(value) });
    this.reading.textContent = this.spell(value);
  }
}
