// @ts-check
// Ink on a picture of 28 x 28: a soft round brush as wide as the strokes of MNIST's digits, in sixteen
// levels, two of which fit into a byte.

import { clamp } from "./parts.js";

export const SIDE = 28;
const LEVELS = 15; // above none
const FULL = 255;
const RADIUS = 0.9; // pixels from the middle of a stroke to where its edge begins to fade,
const EDGE = 1.2; // and from there to where nothing is left
const URL_SAFE = { "+": "-", "/": "_" };

/** The nearest of the levels to an amount of ink, 0 to 255. */
const level = (amount) => Math.round((amount / FULL) * LEVELS);

/** A copy of the ink with all amounts at levels. */
export const levelled = (ink) => ink.map((amount) => (level(amount) * FULL) / LEVELS);

/** How far a point is from the way between two others; all are (x, y). */
function distance([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const along = clamp(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1), 0, 1);
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

/** Lay ink on the way from one point to another, in pixels and their fractions from the corner. */
export function lay(ink, from, to) {
  for (let i = 0; i < ink.length; i++) {
    /** @type {[number, number]} */
    const middle = [(i % SIDE) + 0.5, Math.floor(i / SIDE) + 0.5];
    const amount = clamp((RADIUS + EDGE - distance(middle, from, to)) / EDGE, 0, 1);
    ink[i] = Math.max(ink[i], (level(FULL * amount) * FULL) / LEVELS);
  }
}

/** The ink as a short text for an address, row by row, two pixels a byte, in base64url. */
export function packed(ink) {
  let letters = "";
  for (let i = 0; i < ink.length; i += 2) {
    letters += String.fromCharCode(level(ink[i]) * 16 + level(ink[i + 1]));
  }
  return btoa(letters)
    .replace(/[+/]/g, (sign) => URL_SAFE[sign])
    .replace(/=+$/, "");
}

/** Bytes that crossed as base64. */
export const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
