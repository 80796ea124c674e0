// @ts-check
// What a picture was fades over what it becomes, so that the eye sees which place became which.

import { element, still } from "./parts.js";

const DURATION = 600; // milliseconds

/** Lay a copy of the canvas, as it is painted now, over it, and let the copy fade; not where less motion is
 *  asked for. */
export function fade(canvas) {
  if (!canvas.width || still()) return;
  const { width, height, offsetLeft, offsetTop, offsetWidth, offsetHeight } = canvas;
  const copy = element("canvas", { width, height, "aria-hidden": "true" });
  copy.getContext("2d").drawImage(canvas, 0, 0);
  const place = { left: offsetLeft, top: offsetTop, width: offsetWidth, height: offsetHeight };
  Object.assign(copy.style, { position: "absolute", pointerEvents: "none" });
  for (const [side, pixels] of Object.entries(place)) copy.style[side] = `${pixels}px`;
  canvas.after(copy);
  copy.animate([{ opacity: 1 }, { opacity: 0 }], { duration: DURATION }).onfinish = () => copy.remove();
}
