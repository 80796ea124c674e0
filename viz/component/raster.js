// @ts-check
// Matrices as pictures of one pixel for each cell.

import { colouring } from "./colours.js";
import { element } from "./parts.js";

/** Fit a matrix with more cells than pixels: each pixel stands for the strongest of its cells, since an
 *  average would hide every peak. Returns the index of that cell for each pixel, -1 where all are masked. */
export function strongest(values, T, S, height, width) {
  const kept = new Int32Array(height * width).fill(-1);
  for (let r = 0; r < T; r++) {
    const line = Math.floor((r * height) / T) * width;
    for (let c = 0; c < S; c++) {
      const index = r * S + c;
      const pixel = line + Math.floor((c * width) / S);
      if (Number.isNaN(values[index])) continue;
      if (kept[pixel] < 0 || Math.abs(values[index]) > Math.abs(values[kept[pixel]])) kept[pixel] = index;
    }
  }
  return kept;
}

/** The place in `values` that each pixel of one thumbnail shows: its cell, or of several cells under a pixel
 *  the strongest, since an average would hide every peak; where all of them are masked, one of those. */
export function shown(values, first, T, S, high, wide) {
  const places = new Int32Array(high * wide);
  const under = Int32Array.from({ length: wide }, (_, x) => Math.floor((x * S) / wide));
  for (let y = 0; y < high; y++) {
    const line = first + Math.floor((y * T) / high) * S;
    for (let x = 0; x < wide; x++) places[y * wide + x] = line + under[x];
  }
  if (high >= T && wide >= S) return places;
  const over = Int32Array.from({ length: S }, (_, c) => Math.floor((c * wide) / S));
  for (let r = 0, place = first; r < T; r++) {
    for (let c = 0, line = Math.floor((r * high) / T) * wide; c < S; c++, place++) {
      const old = values[places[line + over[c]]];
      if (Number.isNaN(old) || Math.abs(values[place]) > Math.abs(old)) places[line + over[c]] = place;
    }
  }
  return places;
}

/** Two images of one pixel per value: the colours, transparent where masked, and the mask, opaque where
 *  masked. */
export function images(values, height, width, scale, colours) {
  const colour = new ImageData(width, height);
  const mask = new ImageData(width, height);
  const pixels = new Uint32Array(colour.data.buffer);
  const holes = new Uint32Array(mask.data.buffer);
  const toned = colouring(scale, colours);
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) holes[i] = 0xffffffff;
    else pixels[i] = toned(values[i]);
  }
  return { colour, mask };
}

export function canvasOf(width, height) {
  const size = (length) => Math.max(1, Math.round(length));
  return element("canvas", { width: size(width), height: size(height) });
}

/** An ImageData as something that drawImage can enlarge. */
export function stamped(image) {
  const canvas = canvasOf(image.width, image.height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
