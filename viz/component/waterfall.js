// @ts-check
// A sum as a waterfall: each summand in words, and a bar that begins where the one before it ends. Texts go
// in as text only.

import { walks } from "./keys.js";
import { view } from "./mount.js";
import { element, parted } from "./parts.js";

/** Where the bars begin and end: running sums, and the scale that holds them all and zero. */
function placed(rows) {
  let sum = 0;
  const spans = rows.map(({ value }) => [sum, (sum += value)]);
  const edges = [0, ...spans.flat()];
  const [low, high] = [Math.min(...edges), Math.max(...edges)];
  const share = (x) => (100 * (x - low)) / (high - low || 1);
  return { spans: [...spans, [0, sum]], share };
}

function track([from, to], text, share, kind) {
  const [left, right] = [share(Math.min(from, to)), share(Math.max(from, to))];
  const fill = element("span", `fill ${kind}`);
  Object.assign(fill.style, { left: `${left}%`, width: `${right - left}%` });
  const zero = element("i");
  zero.style.left = `${share(0)}%`;
  return element("span", "track", element("span", "room", zero, fill), element("span", "number", text));
}

const token = (text) => element("bdi", "token", ...parted(text.trim() || text));

/** What is said of a summand: texts in turn with tokens. */
const words = (parts) =>
  element("span", "words", ...parts.map((part, place) => (place % 2 ? token(part) : part)));

class Waterfall {
  constructor(host) {
    this.host = host;
    this.renew = walks(host, () => [...host.querySelectorAll("button")]);
  }

  update({ rows, total, chosen, label, revision }, commit) {
    const { spans, share } = placed(rows);
    const line = (row, place) => {
      const sign = row.value < 0 ? "below" : "above";
      const inside = [words(row.words), track(spans[place], row.text, share, sign)];
      if (!row.open) return element("li", "row", ...inside);
      const pressed = String(place === chosen);
      const button = element("button", { type: "button", class: "row", "aria-pressed": pressed }, ...inside);
      button.addEventListener("click", () => commit("summand", place));
      return element("li", {}, button);
    };
    const sum = element("li", "row total", words(total.words), track(spans.at(-1), total.text, share, "sum"));
    const list = element("ol", { "aria-label": label }, ...rows.map(line), sum);
    this.renew(() => this.host.replaceChildren(list), Math.max(0, chosen ?? 0));
    this.host.dataset.revision = revision;
  }
}

export default view("waterfall", Waterfall);
