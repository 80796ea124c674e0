// @ts-check
// Where the cells and labels of a heatmap stand, in CSS pixels.

import { clamp, parted, projected } from "./parts.js";

export const TILT = Math.PI / 3; // column labels rise at 60 degrees
const LARGEST_CELL = 64; // CSS pixels: three tokens should not fill a wall
const HIGHEST_CELL = 34; // of a matrix whose cells need not be square,
const PROJECTED = 3; // and so many times as high where the picture fills the screen

export const inside = (cell, T, S) =>
  Boolean(cell) && cell[0] >= 0 && cell[0] < T && cell[1] >= 0 && cell[1] < S;

/** The cell's width and height in CSS pixels: whole device pixels where they fit, so that all cells are
 *  equal; a fraction of a pixel otherwise. */
function cellSize(width, height, { T, S, ratio, zoom, square }) {
  const equal = (size) => (size >= 1 ? Math.floor(size * ratio) / ratio : size);
  const [wide, high] = square ? Array(2).fill(Math.min(width / S, height / T)) : [width / S, height / T];
  const largest = zoom * LARGEST_CELL;
  const highest = square ? largest : zoom * HIGHEST_CELL * (projected() ? PROJECTED : 1);
  return { broad: equal(clamp(wide, 1 / S, largest)), high: equal(clamp(high, 1 / T, highest)) };
}

/** The positions that get a label: every step-th, and always the chosen one, which pushes out neighbours that
 *  it would touch. */
export function labelled(count, step, chosen) {
  const kept = [];
  for (let i = 0; i < count; i += step) {
    if (chosen === undefined || Math.abs(i - chosen) >= step) kept.push(i);
  }
  return chosen === undefined ? kept : kept.concat(chosen);
}

/** The layout of a matrix (T, S) in a picture of that width and height: `left` and `top` of its first cell,
 *  how `broad` and `high` a cell is, the size `em` of the letters, the `labels` of the rows and columns, and
 *  the `width` that all of it takes. */
export class Layout {
  T; // rows
  S; // columns
  broad;
  high;

  constructor(data, { width, height, ratio, zoom, ink, code }) {
    const [T, S] = [data.rows.length, data.columns.length];
    this.em = zoom * clamp(Math.round(0.5 * Math.min(width / (S + 4), height / (T + 4))), 12, 16);
    ink.font = `700 ${this.em}px ${code}`; // bold, so that the chosen label fits as well
    const limit = width < 480 ? 8 : 12;
    const own = data.row_role === "query" ? limit : 12; // what is no token has a name to be read
    const limits = [Math.max(own, data.row_role.length + 2), limit]; // the role's name is as wide anyway
    this.labels = [data.rows, data.columns].map((tokens, side) =>
      tokens.map((token) => parted(token, limits[side])),
    );
    const texts = (labels) => [...new Set(labels.map((parts) => parts.join("")))];
    const widest = (labels) => Math.max(...texts(labels).map((text) => ink.measureText(text).width));
    const [rowWidth, columnWidth] = this.labels.map(widest);
    const axes = Math.max(
      ...[`${data.row_role} ↓`, `${data.column_role} →`].map((text) => ink.measureText(text).width),
    );
    this.left = Math.ceil(Math.max(rowWidth, axes + 4)) + 10;
    this.top = Math.ceil(Math.max(columnWidth * Math.sin(TILT) + this.em, 3.8 * this.em));
    const right = columnWidth * Math.cos(TILT) + this.em / 2; // the last column's label leans out
    const [free, deep] = [width - this.left - right - 2, height - this.top - 2];
    Object.assign(this, { T, S }, cellSize(free, deep, { T, S, ratio, zoom, square: data.square }));
    this.width = Math.min(width, Math.ceil(this.left + S * this.broad + right + 2));
  }

  /** Where a cell's row and column lie; never thinner than an outline can show. */
  boxes([r, c]) {
    const [high, broad] = [Math.max(this.high, 8), Math.max(this.broad, 8)];
    const [y, x] = [this.top + (r + 0.5) * this.high, this.left + (c + 0.5) * this.broad];
    return [
      { y: y - high / 2, size: high },
      { x: x - broad / 2, size: broad },
    ];
  }

  /** The place under a point as (row, column), in cells and their fractions. */
  under(x, y) {
    return [(y - this.top) / this.high, (x - this.left) / this.broad];
  }
}
