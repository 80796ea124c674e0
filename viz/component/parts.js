// What views are made of: elements, and tokens as a reader should see them. It comes before the file of every view.

const SIGNS = { " ": "·", "\u00a0": "·", "\r\n": "⏎", "\n": "⏎", "\r": "␍", "\t": "⇥" };
const BYTES = /^⟨[0-9A-F]{2}( [0-9A-F]{2})*⟩$/; // a token that is no whole character
const PLAIN = /^[\x20-\x7e]*$/; // each of these is one character: no need to ask the segmenter, which is slow
const segmenter = globalThis.Intl?.Segmenter ? new Intl.Segmenter() : null;

const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

function dressed(made, about, children) {
  for (const [name, value] of Object.entries(typeof about === "string" ? { class: about } : about)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child != null));
  return made;
}

/** Build an element with a class, or with several attributes; text always goes in as text, never as markup. */
const element = (tag, about = {}, ...children) => dressed(document.createElement(tag), about, children);

/** The same for an element of an SVG drawing. */
const drawing = (tag, about = {}, ...children) => dressed(document.createElementNS("http://www.w3.org/2000/svg", tag), about, children);

/** What a reader sees as characters: an emoji family or a letter with its accents is one of them, and is never cut in two. */
const characters = (text) => (segmenter && !PLAIN.test(text) ? Array.from(segmenter.segment(text), (part) => part.segment) : Array.from(text));

/** At most `limit` characters of a text, and nothing that turns its neighbours round. */
function cut(text, limit) {
  const clean = text.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "");
  if (clean.length <= limit) return clean || "∅";
  const parts = characters(clean);
  return parts.length > limit ? `${parts.slice(0, limit - 1).join("")}…` : clean;
}

/** A token as a label: all white space as signs. */
const legible = (token, limit = Infinity) => (BYTES.test(token) ? token : cut(token.replace(/\r\n|[ \u00a0\n\r\t]/g, (space) => SIGNS[space]), limit));

/** A label in two parts: marks for the spaces that it begins with, three at most, and the rest, which keeps those inside: "layer 3" is no token. */
function parted(label, limit = Infinity) {
  const spaces = /^[ \u00a0]*/.exec(label)[0].length;
  const rest = label.slice(spaces).replace(/\r\n|[\n\r\t]/g, (space) => SIGNS[space]);
  return ["·".repeat(Math.min(spaces, 3)), spaces && !rest ? "" : cut(rest, limit)];
}

/** The smallest of 1, 2, 5, 10, 20, 50 ... that keeps labels `needed` pixels apart. */
function thinning(cell, needed) {
  for (let power = 1; ; power *= 10) for (const step of [1, 2, 5]) if (step * power * cell >= needed) return step * power;
}
