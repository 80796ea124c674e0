// @ts-check
// One word's way from bytes to tokens. Texts go in as text only.

import { view } from "./mount.js";
import { element, legible } from "./parts.js";

function row({ name, pieces, made, notes }) {
  const chips = pieces.map((piece, place) =>
    element(
      "span",
      made.includes(place) ? "chip made" : "chip",
      element("bdi", {}, legible(piece)),
      notes.length ? element("small", {}, notes[place]) : null,
    ),
  );
  return element("li", "rung", element("span", "name", name), element("span", "chips", ...chips));
}

class Ladder {
  constructor(host) {
    this.host = host;
  }

  update({ rows, label, revision }) {
    const rungs = rows.map(row);
    const about = { class: "rungs", tabindex: "0", "aria-label": label }; // a long list scrolls by keys
    const list = element("ol", about, ...rungs);
    this.host.replaceChildren(list);
    list.scrollTop = list.scrollHeight; // the end is what the model reads
    this.host.dataset.revision = revision;
  }
}

export default view("ladder", Ladder);
