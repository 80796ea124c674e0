// @ts-check
// What views are made of: elements, and tokens as a reader should see them.

const SIGNS = { " ": "·", "\u00a0": "·", "\r\n": "⏎", "\n": "⏎", "\r": "␍", "\t": "⇥" };
const BYTES = /^⟨[0-9A-F]{2}( [0-9A-F]{2})*⟩$/; // a token that is no whole character
const PLAIN = /^[\x20-\x7e]*$/; // each of these is one character: no need to ask the segmenter, which is slow
// What shows nothing, or turns its neighbours round.
const HIDDEN = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const segmenter = globalThis.Intl?.Segmenter ? new Intl.Segmenter() : null;

const UNSEEN = "position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)";
const SILENCE = 1000; // milliseconds

export const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

/** How large the reader has set type: 1 where the page's is 16 pixels high. */
export const zoom = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;

/** Whether the reader's system asks for no motion: what plays elsewhere goes step by step then. */
export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Whether one picture fills the screen: see screen.js. */
export const projected = () => document.documentElement.hasAttribute("data-projector");

/** The height of a picture here, in pixels: the declared one is for a window of 900, as on a laptop. A
 *  projector's is higher, and the picture grows with it. On the projector's screen, what is around a picture
 *  takes seven lines. In a low window it keeps the `least` share of its height. */
export function tall(height, least = 0.7) {
  const room = window.innerHeight;
  const grown = height * clamp(room / 900, least, 2);
  return Math.round(projected() ? Math.max(grown, room - 7 * 16 * zoom()) : grown);
}

/** The elements inside one.
 *  @returns {HTMLElement[]} */
export const children = (host) => [...host.children];

/** Give an element these attributes. */
export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
}

function dressed(made, about, inside) {
  set(made, typeof about === "string" ? { class: about } : about);
  made.append(...inside.filter((child) => child != null));
  return made;
}

/** Build an element with a class, or with several attributes; text always goes in as text, never as markup.
 *  @template {keyof HTMLElementTagNameMap} Tag
 *  @param {Tag} tag
 *  @param {string | Record<string, unknown>} about
 *  @param {...(Node | string | null | undefined)} inside
 *  @returns {HTMLElementTagNameMap[Tag]} */
export const element = (tag, about = {}, ...inside) => dressed(document.createElement(tag), about, inside);

/** The same for an element of an SVG drawing.
 *  @template {keyof SVGElementTagNameMap} Tag
 *  @param {Tag} tag
 *  @param {string | Record<string, unknown>} about
 *  @param {...(Node | string | null | undefined)} inside
 *  @returns {SVGElementTagNameMap[Tag]} */
export const drawing = (tag, about = {}, ...inside) =>
  dressed(document.createElementNS("http://www.w3.org/2000/svg", tag), about, inside);

/** What a reader sees as characters: an emoji family or a letter with its accents is one of them, and never
 *  cut in two. */
const characters = (text) =>
  segmenter && !PLAIN.test(text)
    ? Array.from(segmenter.segment(text), (part) => part.segment)
    : Array.from(text);

/** Name a control: first what stands on it, word for word, so that it answers to who says what they see; then
 *  what only its place and its look tell. */
export function named(control, ...more) {
  const seen = control.textContent.replaceAll("·", " ").replace(/\s+/g, " ").trim();
  set(control, { "aria-label": [seen, ...more].filter(Boolean).join(", ") });
}

/** A line beside a view that nobody sees, and the function that has a screen reader say a text there: once
 *  nothing new has come for a second, and nothing twice. */
export function announcer(host) {
  const line = element("div", { "aria-live": "polite", style: UNSEEN });
  host.after(line);
  let waiting = 0;
  return (text) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => line.textContent !== text && line.replaceChildren(text), SILENCE);
  };
}

/** At most `limit` characters of a text, and nothing that turns its neighbours round. */
function cut(text, limit) {
  const clean = text.replace(HIDDEN, "");
  if (clean.length <= limit) return clean || "∅";
  const parts = characters(clean);
  return parts.length > limit ? `${parts.slice(0, limit - 1).join("")}…` : clean;
}

/** A token as a label: all white space as signs. */
export const legible = (token, limit = Infinity) =>
  BYTES.test(token)
    ? token
    : cut(
        token.replace(/\r\n|[ \u00a0\n\r\t]/g, (space) => SIGNS[space]),
        limit,
      );

/** A piece of a text as a label of which nothing is left out: what shows nothing stands as its code. */
export function spelt(text) {
  if (BYTES.test(text)) return text;
  const code = (letter) => SIGNS[letter] ?? `⟨${letter.codePointAt(0).toString(16).toUpperCase()}⟩`;
  return text.replace(HIDDEN, code).replaceAll(" ", "·");
}

/** A label in two parts: marks for the spaces that it begins with, three at most, and the rest, which keeps
 *  those inside: "layer 3" is no token. */
export function parted(label, limit = Infinity) {
  const spaces = /^[ \u00a0]*/.exec(label)[0].length;
  const rest = label.slice(spaces).replace(/\r\n|[\n\r\t]/g, (space) => SIGNS[space]);
  return ["·".repeat(Math.min(spaces, 3)), spaces && !rest ? "" : cut(rest, limit)];
}

/** A token as a label on a canvas: it keeps its own direction and lends it to nobody. */
export const isolated = (token, limit = 24) => `\u2068${legible(token, limit)}\u2069`;

/** A token as it is spoken: a screen reader says nothing at a blank. */
export function spoken(token) {
  const [, text] = parted(token.trim(), 40);
  if (text !== "∅") return text;
  if (token === "") return "nothing";
  return token.includes("\n") ? "newline" : token.includes("\t") ? "tab" : "space";
}

const TOKENS = new Set(["query", "key", "value", "token", "output", "input"]);

/** What follows the name of a row or column in a sentence: the place of a token, since it may occur again. */
export const counted = (role, i) => (TOKENS.has(role) ? ` (${i + 1})` : "");

/** A row or column by its role and place, or by its name where that says more than a place. */
export const placed = (role, name, i) => {
  if (TOKENS.has(role)) return `${role} ${i + 1}`;
  return name.startsWith(role) ? name : `${role} ${name}`;
};

/** What a screen reader must be told of a token of which it sees nothing. */
export const unseen = (token) => (token.trim() ? "" : spoken(token));

/** The smallest of 1, 2, 5, 10, 20, 50 ... that keeps labels `needed` pixels apart. */
export function thinning(cell, needed) {
  for (let power = 1; ; power *= 10) {
    for (const step of [1, 2, 5]) if (step * power * cell >= needed) return step * power;
  }
}
