// The tree of a beam search: buttons in a grid of steps by ranks, with curves from each to its parent. Token texts go in through textContent only.

const [WIDE, HIGH, GAP_X, GAP_Y] = [94, 54, 30, 14]; // CSS pixels of a node and between nodes
const rooms = new WeakMap(); // root element -> whether its keys are listened to

const left = (level) => (level + 1) * (WIDE + GAP_X);
const top = (place) => place * (HIGH + GAP_Y);

function put(node, x, y) {
  Object.assign(node.style, { left: `${x}px`, top: `${y}px`, width: `${WIDE}px`, height: `${HIGH}px` });
  return node;
}

function button(node, level, place, choose) {
  const made = element("button", ["node", node.alive && "alive", node.best && "best"].filter(Boolean).join(" "));
  const share = node.share === null ? "" : `${(100 * node.share).toFixed(1)} %`;
  made.type = "button";
  made.append(element("bdi", "token", legible(node.token)), element("small", "", share), element("small", "", `${node.bits.toFixed(2)} bits`));
  const state = node.best ? "on the best path" : node.alive ? "kept" : "given up later";
  made.setAttribute("aria-label", `step ${level + 1}, rank ${place + 1}: ${node.token.trim() || "white space"}, ${share || "ended"}, ${node.bits.toFixed(2)} bits in all, ${state}`);
  Object.assign(made.dataset, { level, place, bits: node.bits, parent: node.parent });
  made.tabIndex = level === 0 && place === 0 ? 0 : -1; // one stop for the tab key; arrows go on from there
  made.addEventListener("click", () => choose(level, place));
  return put(made, left(level), top(place));
}

function curve(node, level, place) {
  const [x1, y1] = [left(level - 1) + WIDE, top(level ? node.parent : 0) + HIGH / 2];
  const [x2, y2] = [left(level), top(place) + HIGH / 2];
  const middle = (x1 + x2) / 2;
  const way = `M ${x1} ${y1} C ${middle} ${y1}, ${middle} ${y2}, ${x2} ${y2}`;
  return drawing("path", { d: way, class: node.best ? "best" : node.alive ? "alive" : "" });
}

function walk(event, host) {
  const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
  const { level, place } = event.target.dataset;
  if (!step || level === undefined) return;
  const next = host.querySelector(`[data-level="${Number(level) + step[0]}"][data-place="${Number(place) + step[1]}"]`);
  if (!next) return;
  event.preventDefault();
  next.focus();
}

export default function ({ data, parentElement, setStateValue }) {
  const host = parentElement.querySelector(".riverbank-tree");
  if (!host || !data) return;
  if (!rooms.has(host)) host.addEventListener("keydown", (event) => walk(event, host));
  rooms.set(host, true);
  const { levels } = data;
  const field = element("div", "field");
  const tallest = Math.max(1, ...levels.map((nodes) => nodes.length));
  const [width, height] = [left(levels.length) - GAP_X, top(tallest) - GAP_Y];
  Object.assign(field.style, { width: `${width}px`, height: `${height}px` });
  const lines = drawing("svg", { width, height, "aria-hidden": "true" });
  const all = levels.flatMap((nodes, level) => nodes.map((node, place) => ({ node, level, place })));
  const strength = ({ node }) => (node.best ? 2 : node.alive ? 1 : 0);
  lines.append(...all.toSorted((a, b) => strength(a) - strength(b)).map(({ node, level, place }) => curve(node, level, place)));
  const root = put(element("div", "node root"), 0, 0);
  root.append(element("bdi", "token", legible(data.root)), element("small", "", "the text so far"));
  field.append(lines, root, ...all.map(({ node, level, place }) => button(node, level, place, (...at) => setStateValue("node", [...at, Date.now()]))));
  field.setAttribute("role", "group");
  field.setAttribute("aria-label", `${data.label}: ${levels.length} steps; arrow keys walk, Enter takes the text as far as there`);
  host.replaceChildren(field);
  host.dataset.revision = data.revision;
}
