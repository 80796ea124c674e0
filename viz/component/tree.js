// @ts-check
// The tree of a beam search: buttons in a grid of steps by ranks, with curves from each to its parent. Texts
// of tokens go in as text only.

import { along, walks } from "./keys.js";
import { view } from "./mount.js";
import { fixed, percent } from "./numbers.js";
import { drawing, element, legible, named, unseen } from "./parts.js";

const [WIDE, HIGH, GAP_X, GAP_Y] = [94, 54, 30, 14]; // of a node and between, in sixteenths of 1 rem
const HELP = "arrow keys walk, Enter takes the text as far as there";
const STEPS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

const rem = (length) => `${length / 16}rem`;
const left = (level) => (level + 1) * (WIDE + GAP_X);
const top = (place) => place * (HIGH + GAP_Y);

function put(node, x, y) {
  Object.assign(node.style, { left: rem(x), top: rem(y), width: rem(WIDE), height: rem(HIGH) });
  return node;
}

function button(node, level, place, choose) {
  const share = node.share === null ? "" : percent(node.share);
  const bits = `${fixed(node.bits, 2)} bits`;
  const where = node.best ? "on the best path" : node.alive ? "kept" : "given up later";
  const made = element(
    "button",
    { type: "button", class: ["node", node.alive && "alive", node.best && "best"].filter(Boolean).join(" ") },
    element("bdi", "token", legible(node.token)),
    " ",
    element("small", {}, share),
    " ",
    element("small", {}, bits),
  );
  const end = share ? "" : "ended";
  named(made, "in all", unseen(node.token), `step ${level + 1}, rank ${place + 1}`, end, where);
  Object.assign(made.dataset, { level, place, bits: node.bits, parent: node.parent });
  made.addEventListener("click", () => choose(level, place));
  return put(made, left(level), top(place));
}

function curve(node, level, place) {
  const [x1, y1] = [left(level - 1) + WIDE, top(level ? node.parent : 0) + HIGH / 2];
  const [x2, y2] = [left(level), top(place) + HIGH / 2];
  const middle = (x1 + x2) / 2;
  const path = `M ${x1} ${y1} C ${middle} ${y1}, ${middle} ${y2}, ${x2} ${y2}`;
  return drawing("path", { d: path, class: node.best ? "best" : node.alive ? "alive" : "" });
}

/** Right is a step on, left a step back, up and down are ranks of one step. */
function goal(nodes, here, key) {
  if (!STEPS[key]) return along(nodes, here, key);
  const [level, place] = ["level", "place"].map((name, axis) =>
    String(Number(nodes[here].dataset[name]) + STEPS[key][axis]),
  );
  const next = nodes.findIndex(({ dataset }) => dataset.level === level && dataset.place === place);
  return next < 0 ? undefined : next;
}

class Tree {
  constructor(host) {
    this.host = host;
    this.renew = walks(host, () => [...host.querySelectorAll("button")], goal);
  }

  update({ levels, root, label, revision }, commit) {
    const tallest = Math.max(1, ...levels.map((nodes) => nodes.length));
    const [width, height] = [left(levels.length) - GAP_X, top(tallest) - GAP_Y];
    const all = levels.flatMap((nodes, level) => nodes.map((node, place) => ({ node, level, place })));
    const strength = ({ node }) => (node.best ? 2 : node.alive ? 1 : 0);
    const curves = all.toSorted((a, b) => strength(a) - strength(b));
    const lines = drawing(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
      ...curves.map(({ node, level, place }) => curve(node, level, place)),
    );
    const start = element(
      "div",
      "node root",
      element("bdi", "token", legible(root)),
      element("small", {}, "the text so far"),
    );
    const field = element(
      "div",
      {
        class: "field",
        role: "group",
        style: `width: ${rem(width)}; height: ${rem(height)}`,
        "aria-label": `${label}: ${levels.length} steps; ${HELP}`,
      },
      lines,
      put(start, 0, 0),
      ...all.map(({ node, level, place }) => button(node, level, place, (...at) => commit("node", ...at))),
    );
    this.renew(() => this.host.replaceChildren(field));
    this.host.dataset.revision = revision;
  }
}

export default view("tree", Tree);
