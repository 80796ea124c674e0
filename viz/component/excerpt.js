// @ts-check
// The beginning of a text in cells, one for each byte, which grow together as the merges are done.

import { element, spelt } from "./parts.js";

const BORDER = -1; // between two words: no merge crosses it
const SPOKEN = 60; // tokens that are read aloud
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The character that these bytes are, or undefined if they are none. */
function character(bytes) {
  try {
    return decoder.decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}

const hex = (byte) => byte.toString(16).toUpperCase().padStart(2, "0");

import { plural } from "./numbers.js";
/** The characters of some bytes as [text, number of bytes]; a byte that belongs to none stands for itself. */
function decoded(bytes) {
  /** @type {[string, number][]} */
  const found = [];
  for (let place = 0; place < bytes.length; place += found.at(-1)[1]) {
    const sizes = [1, 2, 3, 4].filter((size) => place + size <= bytes.length);
    const size = sizes.find((length) => character(bytes.slice(place, place + length)) !== undefined);
    if (size) found.push([character(bytes.slice(place, place + size)), size]);
    else found.push([`⟨${hex(bytes[place])}⟩`, 1]);
  }
  return found;
}

export class Excerpt {
  constructor() {
    this.root = element("div", { class: "text", tabindex: "0", role: "img" });
  }

  /** A cell for each byte, once for all merges, so that nothing moves when tokens grow. Words stay together
   *  on a line. */
  lay(excerpt, joined) {
    this.joined = joined;
    this.characters = []; // for each cell the character that its byte belongs to
    this.cells = [];
    const words = [element("span", { class: "word", dir: "auto" })];
    for (const [text, size] of decoded(excerpt)) {
      for (let byte = 0; byte < size; byte++) {
        const place = this.cells.length;
        this.characters.push({ text: spelt(text), first: place - byte, size, code: hex(excerpt[place]) });
        this.cells.push(element("bdi", "cell"));
        words.at(-1).append(this.cells.at(-1));
        if (joined[place] !== BORDER) continue;
        if (text === "\n") words.push(element("br"));
        words.push(element("span", { class: "word", dir: "auto" }));
      }
    }
    this.root.replaceChildren(...words);
  }

  /** The tokens after so many merges, each as the places of its bytes: one ends where no merge has yet joined
   *  two bytes. */
  tokens(merge) {
    const met = (place) => this.joined[place] > 0 && this.joined[place] <= merge;
    const tokens = [];
    this.cells.forEach((_, place) =>
      place && met(place - 1) ? tokens.at(-1).push(place) : tokens.push([place]),
    );
    return tokens;
  }

  /** Draw the tokens after so many merges; returns how many they are. */
  paint(merge) {
    const tokens = this.tokens(merge);
    for (const places of tokens) {
      const [from, to] = [places[0], places.at(-1)];
      const fresh = merge > 0 && places.some((place) => place < to && this.joined[place] === merge);
      const next = [from - 1, to].some((place) => this.joined[place] === merge + 1);
      for (const place of places) {
        const { text, first, size, code } = this.characters[place];
        const complete = first >= from && first + size - 1 <= to;
        const shown = size === 1 || (complete && place === first) ? text : complete ? "" : code;
        const kinds = {
          start: place === from,
          end: place === to,
          new: fresh,
          next,
          byte: !complete,
          rest: !shown,
        };
        this.dress(this.cells[place], shown, kinds);
      }
    }
    const spoken = tokens
      .slice(0, SPOKEN)
      .map((places) => places.map((place) => this.cells[place].textContent).join(""));
    this.root.setAttribute(
      "aria-label",
      `The beginning of the text in ${plural("token", tokens.length)}: ${spoken.join(" | ")}`,
    );
    return tokens.length;
  }

  /** Most cells stay as they are from merge to merge: touch only those that change. */
  dress(cell, shown, kinds) {
    const name = ["cell", ...Object.keys(kinds).filter((kind) => kinds[kind])].join(" ");
    if (cell.textContent !== shown) cell.textContent = shown;
    if (cell.className !== name) cell.className = name;
  }
}
