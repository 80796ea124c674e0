// @ts-check
// Colours of the page and of roles, and scales between them.

import { clamp, element } from "./parts.js";

// Okabe and Ito's colours, and the same hues brightened for a dark page. As small letters on white,
// vermillion and purple are a little darker, because they miss the contrast of 4.5 that letters need.
const TONES = {
  light: {
    blue: "#0072B2",
    vermillion: "#D55E00",
    vermillionText: "#C25400",
    green: "#009E73",
    purple: "#B8528F",
    heads: ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"],
  },
  dark: {
    blue: "#56B4E9",
    vermillion: "#FF933D",
    vermillionText: "#FF933D",
    green: "#1FBF95",
    purple: "#E296C0",
    heads: ["#56B4E9", "#FF933D", "#2FC79B", "#E3A3C6", "#F0E442", "#B9B9FF"],
  },
};
export const FORCED = "(forced-colors: active)";
const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

/** A CSS colour as [r, g, b]. */
export function rgb(colour) {
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  return [...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

/** The colour that the system has under this name, where `host` stands. */
function shown(name, host) {
  const swatch = host.appendChild(element("i", { style: `color: ${name}` }));
  const { color } = getComputedStyle(swatch);
  swatch.remove();
  return color;
}

/** The page's colours and fonts where `host` stands, and the tones that show on it. */
export function theme(host) {
  const style = getComputedStyle(host);
  const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  const forced = matchMedia(FORCED).matches; // canvases do not know the colours that the system chooses
  const page = rgb(forced ? shown("Canvas", host) : read("--st-background-color", "#ffffff"));
  const dark = 0.2126 * page[0] + 0.7152 * page[1] + 0.0722 * page[2] < 128;
  return {
    ...TONES[dark ? "dark" : "light"],
    page,
    dark,
    text: forced ? shown("CanvasText", host) : read("--st-text-color", "#31333F"),
    font: read("--st-font", "sans-serif"),
    code: read("--st-code-font", "monospace"),
  };
}

/** 511 colours between [r, g, b] stops, packed as one number each. */
export function palette(stops) {
  const bytes = new Uint8ClampedArray(511 * 4).fill(255);
  for (let i = 0; i < 511; i++) {
    const place = (i / 510) * (stops.length - 1);
    const from = Math.min(Math.floor(place), stops.length - 2);
    const [low, high] = [stops[from], stops[from + 1]];
    for (let k = 0; k < 3; k++) bytes[4 * i + k] = low[k] + (place - from) * (high[k] - low[k]);
  }
  return new Uint32Array(bytes.buffer);
}

/** The function from a value to its colour on the scale from `low` to `high`. */
export function colouring({ low, high }, colours) {
  const [last, scale] = [colours.length - 1, (colours.length - 1) / (high - low)];
  return (value) => colours[clamp(Math.round((value - low) * scale), 0, last)];
}
