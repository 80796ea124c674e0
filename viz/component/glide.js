// @ts-check
// Parts of a picture glide to where they stand in the picture that takes its place, so that the eye sees what
// becomes what: a query and a key meet in their cell, a row of weights spreads over the values.

import { element, still } from "./parts.js";

const DURATION = 800; // milliseconds
const SOON = 5000; // so long after a picture has gone, another one may come, and its code before it

const shared = /** @type {any} */ (window); // every picture is a module of its own
/** Where each part was painted last, by name.
 *  @type {Map<string, { canvas: HTMLCanvasElement, part: number[], place: DOMRect }>} */
const painted = (shared.riverbankPainted ??= new Map());
/** The canvases that have been painted: one that is about to go may be painted again, and takes nothing back.
 *  @type {WeakSet<HTMLCanvasElement>} */
const known = (shared.riverbankKnown ??= new WeakSet());

/** Note where the parts of a picture, { name: [x, y, width, height] } in CSS pixels from the canvas's corner,
 *  stand now. Those that another picture had glide here from there. */
export function settle(canvas, parts) {
  const place = canvas.getBoundingClientRect();
  const arrived = [];
  for (const [name, part] of Object.entries(parts)) {
    const before = painted.get(name);
    const others = before && before.canvas !== canvas;
    if (others && known.has(canvas)) continue;
    painted.set(name, { canvas, part, place });
    if (others) arrived.push([before, part]);
  }
  known.add(canvas);
  if (arrived.length && !still()) {
    requestAnimationFrame(() => arrived.forEach(([before, part]) => glide(before, canvas, part)));
  }
}

/** Forget the parts of a picture that has gone, unless another one takes its place. */
export function leave(canvas) {
  const forget = () => {
    for (const [name, one] of painted) if (one.canvas === canvas) painted.delete(name);
  };
  setTimeout(forget, SOON);
}

/** The part of a canvas in the window: its left, top, width and height. */
const boxOf = ({ left, top }, [x, y, width, height]) => [left + x, top + y, width, height];

/** Lay a copy of a part over where it was painted, move it to its new place, and let it fade there. */
function glide(before, canvas, part) {
  const { canvas: source, part: from } = before;
  const place = source.isConnected ? source.getBoundingClientRect() : before.place;
  const ratio = source.width / place.width;
  const [x, y, width, height] = from.map((size) => Math.round(size * ratio));
  if (!(width >= 1 && height >= 1)) return; // of a picture that was never seen
  const copy = element("canvas", { width, height, "aria-hidden": "true" });
  copy.getContext("2d").drawImage(source, x, y, width, height, 0, 0, width, height);
  const [start, end] = [boxOf(place, from), boxOf(canvas.getBoundingClientRect(), part)];
  const [left, top, wide, high] = start;
  Object.assign(copy.style, {
    position: "fixed",
    left: `${left}px`,
    top: `${top}px`,
    width: `${wide}px`,
    height: `${high}px`,
    zIndex: "5",
    transformOrigin: "0 0",
    pointerEvents: "none",
  });
  document.body.append(copy);
  const moved = `translate(${end[0] - left}px, ${end[1] - top}px) scale(${end[2] / wide}, ${end[3] / high})`;
  const frames = [
    { opacity: 1, transform: "none" },
    { opacity: 0.6, transform: moved, offset: 0.75 },
    { opacity: 0, transform: moved },
  ];
  copy.animate(frames, { duration: DURATION, easing: "ease-in-out" }).onfinish = () => copy.remove();
}
