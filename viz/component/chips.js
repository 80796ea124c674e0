// @ts-check
// A text as a row of token chips: each is a button, shaded by its number, the chosen one outlined. Texts go
// in as text only.

import { walks } from "./keys.js";
import { view } from "./mount.js";
import { children, clamp, element, named, parted, unseen } from "./parts.js";

class Chips {
  constructor(host) {
    this.host = host;
    host.setAttribute("role", "toolbar"); // one stop of the tab key, and arrows inside
    this.renew = walks(host, () => children(host));
  }

  update(data, commit) {
    const chips = data.tokens.map((token, place) => this.chip(data, place, () => commit("token", place)));
    this.host.setAttribute("aria-label", data.label);
    this.renew(() => this.host.replaceChildren(...chips), data.selected ?? 0);
    this.host.dataset.revision = data.revision;
  }

  chip({ tokens, notes, values, selected, struck }, place, choose) {
    const [mark, text] = parted(tokens[place]);
    const out = struck.includes(place);
    const button = element(
      "button",
      { type: "button", class: out ? "struck" : "", "aria-pressed": String(place === selected) },
      element("span", "mark", mark),
      element("bdi", {}, text),
      " ",
      element("small", {}, notes[place]),
    );
    named(button, unseen(tokens[place]), `token ${place + 1}`, out ? "struck out" : "");
    if (values) button.style.setProperty("--share", `${Math.round(100 * clamp(values[place], 0, 1))}%`);
    button.addEventListener("click", choose);
    return button;
  }
}

export default view("chips", Chips);
