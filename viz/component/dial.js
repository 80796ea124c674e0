// @ts-check
// The clock of one pair of dimensions: a dial with the query's and the key's hand, and the bar of what the
// pair adds.

import { short, signed } from "./numbers.js";
import { drawing, element, named, set } from "./parts.js";

export class Dial {
  constructor(pair, choose) {
    this.pair = pair;
    this.turn = element("span", "turn");
    this.hands = Object.fromEntries(
      ["q before", "k before", "k", "q"].map((role) => [role, drawing("line", `hand ${role}`)]),
    );
    this.square = drawing("rect", { class: "tip k", width: 0.17, height: 0.17 });
    this.disc = drawing("circle", { class: "tip q", r: 0.1 });
    const face = drawing(
      "svg",
      { class: "face", viewBox: "-1.12 -1.12 2.24 2.24", "aria-hidden": "true" },
      drawing("circle", { class: "dial", r: 1 }),
      drawing("line", { class: "zero", x1: 0.88, x2: 1.1 }),
      ...Object.values(this.hands),
      this.square,
      this.disc,
    );
    this.bar = element("i", "fill");
    this.number = element("span", "number");
    const name = element("span", "name", element("span", "word", "pair "), String(pair + 1));
    this.root = element(
      "button",
      { type: "button", class: "clock" },
      name,
      " ",
      this.turn,
      face,
      element("span", "bar", this.bar),
      " ",
      this.number,
    );
    this.root.addEventListener("click", () => choose(pair));
  }

  /** Take the frequency, in radians a token, and whether this is the chosen pair. */
  update(frequency, chosen) {
    this.period = short((2 * Math.PI) / frequency);
    this.turn.textContent = `↺ ${this.period}`;
    this.root.setAttribute("aria-pressed", String(chosen));
  }

  /** Hands as [x, y] in shares of the dial; y points up, so that turning is counter-clockwise. */
  show(hands, contribution, largest) {
    for (const [role, [x, y]] of Object.entries(hands)) set(this.hands[role], { x2: x, y2: -y });
    set(this.disc, { cx: hands.q[0], cy: -hands.q[1] });
    set(this.square, { x: hands.k[0] - 0.085, y: -hands.k[1] - 0.085 });
    const share = (50 * Math.abs(contribution)) / largest;
    Object.assign(this.bar.style, { left: `${contribution < 0 ? 50 - share : 50}%`, width: `${share}%` });
    this.bar.classList.toggle("below", contribution < 0);
    this.number.textContent = signed(contribution, 2);
    const { pair, period } = this;
    const dimensions = `dimensions ${2 * pair} and ${2 * pair + 1}`;
    named(this.root, "added to the score", dimensions, `once round in ${period} tokens`);
  }
}
