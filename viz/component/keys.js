// @ts-check
// How the keys walk a view: its items are one stop of the tab key, and the arrows, Home and End go on from
// there.

import { clamp } from "./parts.js";

/** The element that has the focus: seen from outside a shadow root, that is only the root's host.
 *  @param {Element} host */
export function focused(host) {
  const root = /** @type {ShadowRoot} */ (host.getRootNode());
  return /** @type {HTMLElement | null} */ (root.activeElement);
}

/** Whether a key was pressed by itself; with others it is the browser's. */
export const alone = (event) => !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey);

/** The place of the item in the next row, down (1) or up (-1), that stands nearest to the one at `here`, or
 *  undefined. */
function nearest(items, here, direction) {
  const boxes = items.map((item) => item.getBoundingClientRect());
  const from = boxes[here];
  const away = (box) => (direction > 0 ? box.top - from.bottom : from.top - box.bottom);
  const beyond = boxes.filter((box) => away(box) >= -1).sort((a, b) => away(a) - away(b));
  const row = beyond.filter((box) => box.top < beyond[0].bottom && box.bottom > beyond[0].top);
  const aside = (box) => Math.abs(box.left + box.right - from.left - from.right);
  const place = boxes.indexOf(row.sort((a, b) => aside(a) - aside(b))[0]);
  return place < 0 ? undefined : place;
}

/** Where a key leads from the item at `here`: left and right in their order, up and down from row to row. */
export function along(items, here, key) {
  if (key === "ArrowDown") return nearest(items, here, 1);
  if (key === "ArrowUp") return nearest(items, here, -1);
  return { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: items.length - 1 }[key];
}

/** Let the keys walk what `items` lists of `host`. `goal(items, here, key)` is the place to which a key
 *  leads, or undefined.
 *
 *  Returns the function that makes the items anew: `renew(make, stop)` calls `make`, and puts the focus back
 *  where it was among them; without a focus, the tab key comes to the one at the place `stop`.
 *  @param {HTMLElement} host
 *  @param {() => any[]} items */
export function walks(host, items, goal = along) {
  const rove = (stop) => items().forEach((item) => (item.tabIndex = item === stop ? 0 : -1));
  host.addEventListener("focusin", ({ target }) => {
    if (items().some((item) => item === target)) rove(target);
  });
  host.addEventListener("keydown", (event) => {
    const all = items();
    const here = all.findIndex((item) => item === focused(host));
    const next = alone(event) && here >= 0 ? all[goal(all, here, event.key)] : undefined;
    if (!next) return;
    event.preventDefault(); // an arrow would scroll the page
    event.stopPropagation(); // and Streamlit has shortcuts of its own
    next.focus();
  });
  return (make, stop = 0) => {
    const [held, before] = [focused(host), items()];
    const place = before.findIndex((item) => item === held);
    make();
    const all = items();
    const kept =
      place < 0 ? undefined : (all.find((item) => item === held) ?? all[Math.min(place, all.length - 1)]);
    rove(kept ?? all[clamp(stop, 0, all.length - 1)]);
    kept?.focus({ preventScroll: true });
  };
}
