// @ts-check
// Two words side by side, stage by stage: words near to the first to the left, to the second to the right,
// the nearest in the middle, and two discs that part. Texts go in as text only.

import { walks } from "./keys.js";
import { view } from "./mount.js";
import { fixed } from "./numbers.js";
import { clamp, drawing, element } from "./parts.js";

// Percent of the middle column from its centre to a disc: where the cosine is 0, and at least and at most.
const [REACH, NEAREST, FARTHEST] = [38, 5, 44];
const number = (value) => fixed(value, 2);
const away = (cosine) => clamp(REACH * (1 - cosine), NEAREST, FARTHEST);

function chip([word, cosine], common) {
  const made = element("li", { class: common.has(word) ? "common" : "", title: number(cosine) }, word);
  made.style.setProperty("--share", `${Math.round(100 * clamp(cosine, 0, 1))}%`);
  return made;
}

function side(words, others, which) {
  const common = new Set(others.map(([word]) => word));
  return element("td", `side side${which}`, element("ul", {}, ...words.map((one) => chip(one, common))));
}

function discs(cosine) {
  const marks = [1, 2].map((mark) => {
    const disc = element("i", `disc mark${mark}`, String(mark));
    disc.style.left = `${50 + (mark === 1 ? -1 : 1) * away(cosine)}%`;
    return disc;
  });
  return element("td", "between", ...marks, element("span", "cosine", number(cosine)));
}

function sentence([before, word, after], mark) {
  const around = [before, after].map((text) => element("span", {}, text));
  const text = element("bdi", {}, around[0], element("b", {}, word), around[1]);
  const line = element("div", {}, element("i", `disc mark${mark}`, String(mark)), text);
  return element("th", { scope: "col", class: `sentence side${mark}` }, line);
}

function paths(rows) {
  const points = (sign) => rows.map(({ cosine }, i) => `${50 + sign * away(cosine)},${i + 0.36}`).join(" ");
  const lines = [-1, 1].map((sign, i) =>
    drawing("polyline", { points: points(sign), class: `path mark${i + 1}` }),
  );
  const box = { viewBox: `0 0 100 ${rows.length}`, preserveAspectRatio: "none", "aria-hidden": "true" };
  return drawing("svg", box, ...lines);
}

class Neighbours {
  constructor(host) {
    this.host = host;
    this.renew = walks(host, () => [...host.querySelectorAll("button")]);
  }

  update(data, commit) {
    const { host } = this;
    const head = element(
      "tr",
      {},
      element("th", { scope: "col" }, "stage"),
      sentence(data.sentences[0], 1),
      element("th", { scope: "col", class: "between" }, "cosine"),
      sentence(data.sentences[1], 2),
    );
    const rows = data.rows.map((row, place) => this.row(row, data, place, () => commit("row", place)));
    const table = element(
      "table",
      { "aria-label": data.label },
      element("thead", {}, head),
      element("tbody", {}, ...rows),
    );
    this.renew(() => host.replaceChildren(table, paths(data.rows)), data.chosen ?? 0);
    host.style.setProperty("--rows", String(data.rows.length));
    Object.assign(host.dataset, { revision: data.revision, values: JSON.stringify(data.rows) });
  }

  row({ name, sides, cosine }, { chosen }, place, choose) {
    const pressed = String(place === chosen);
    const made = element(
      "tr",
      place === chosen ? "chosen" : "",
      element("th", { scope: "row" }, element("button", { type: "button", "aria-pressed": pressed }, name)),
      side(sides[0], sides[1], 1),
      discs(cosine),
      side(sides[1], sides[0], 2),
    );
    made.addEventListener("click", choose);
    return made;
  }
}

export default view("neighbours", Neighbours);
