// @ts-check
// The score over the offset of two tokens, and where on it they stand.

import { signed } from "./numbers.js";
import { drawing, element, set } from "./parts.js";
import { contributions, sum } from "./turning.js";

export class Strip {
  constructor() {
    this.line = drawing("path", "line");
    this.zero = drawing("line", "axis");
    this.middle = drawing("line", { class: "axis", y1: 0, y2: 100 });
    this.picture = drawing(
      "svg",
      { class: "picture", preserveAspectRatio: "none", "aria-hidden": "true" },
      this.zero,
      this.middle,
      this.line,
    );
    this.home = element("i", "home");
    this.dot = element("i", "dot");
    this.ends = ["left", "middle", "right"].map((side) => element("span", side));
    const plot = element("div", "plot", this.picture, this.home, this.dot);
    this.root = element("div", "strip", plot, element("div", "ends", ...this.ends));
  }

  /** Draw the curve of these two tokens from -last to last. */
  update(data) {
    const { last } = data;
    const scores = Array.from({ length: 2 * last + 1 }, (_, n) => sum(contributions(data, [0, n - last])));
    this.last = last;
    this.low = Math.min(0, ...scores);
    this.high = Math.max(0, ...scores, this.low + 1e-9);
    this.picture.setAttribute("viewBox", `0 0 ${2 * last || 1} 100`);
    this.line.setAttribute("d", `M${scores.map((score, n) => `${n} ${this.lift(score)}`).join("L")}`);
    set(this.zero, { x1: 0, x2: 2 * last, y1: this.lift(0), y2: this.lift(0) });
    set(this.middle, { x1: last, x2: last });
    const names = [
      `${signed(-last, 0)}: key before query`,
      "0: same place",
      `${signed(last, 0)}: key after query`,
    ];
    this.ends.forEach((end, n) => (end.textContent = names[n]));
    this.put(this.home, data.home[1] - data.home[0], sum(contributions(data, data.home)));
  }

  lift(score) {
    return 5 + (90 * (this.high - score)) / (this.high - this.low);
  }

  put(sign, offset, score) {
    Object.assign(sign.style, {
      left: `${50 + (50 * offset) / (this.last || 1)}%`,
      top: `${this.lift(score)}%`,
    });
  }
}
