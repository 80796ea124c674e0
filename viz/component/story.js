// @ts-check
// A text that grows, as prose or as token chips. The newest is kept in view. Texts go in as text only.

import { walks } from "./keys.js";
import { view } from "./mount.js";
import { fixed } from "./numbers.js";
import { announcer, children, element, named, parted, set, unseen } from "./parts.js";

const PAUSE = 1000; // milliseconds: tokens that come faster are said together

/** What a chip's looks tell: whose token it is, what its number means, what a click does. */
function words({ bits, own, read }, place) {
  const whose = place < own ? "yours" : place < read ? "chosen" : "ahead";
  const cost = bits[place] == null ? "" : " at so many bits";
  const back = place ? "go back to where it was chosen" : "the first token";
  const goes = place < read ? back : "of the branch left behind, go forward to it";
  return `token ${place + 1}, ${whose}${cost}: ${goes}`;
}

class Story {
  text; // what stood here last
  from; // what stood here when the model began to write
  grown = 0; // when

  constructor(host) {
    this.host = host;
    this.announce = announcer(host);
    this.renew = walks(host, () => children(host));
  }

  update(data, commit) {
    const { host } = this;
    this.tell(data);
    const parts = data.prose
      ? ["own", "made", "ahead"].map((kind, i) => element("bdi", kind, data.prose[i]))
      : data.tokens.map((_, place) => this.chip(data, place, () => commit("token", place)));
    // chips are one stop of the tab key, with arrows inside; prose takes the focus to be scrolled
    set(host, { role: data.prose ? "group" : "toolbar", "aria-label": data.label });
    host.classList.toggle("prose", Boolean(data.prose));
    if (data.prose) host.replaceChildren(element("p", { tabindex: 0 }, ...parts));
    else this.renew(() => host.replaceChildren(...parts), data.read - 1);
    Object.assign(host.dataset, { revision: data.revision, read: data.read, own: data.own });
    this.keepInView(data.prose ? parts[1] : parts[data.read - 1]);
  }

  /** Scroll to the end of a part of the text. */
  keepInView(part) {
    const box = part.parentElement;
    const [{ bottom }, { top }] = [part.getBoundingClientRect(), box.getBoundingClientRect()];
    box.scrollTop += bottom - top - box.clientHeight + 6;
  }

  /** Say what the model has written since it was last silent. */
  tell({ tokens, read }) {
    const [text, now] = [tokens.slice(0, read).join(""), Date.now()];
    if (!this.from || now - this.grown > PAUSE) this.from = this.text ?? text;
    if (!text.startsWith(this.from)) this.from = text;
    if (text === this.text) return;
    [this.text, this.grown] = [text, now];
    const written = text.slice(this.from.length).trim();
    if (written) this.announce(written);
  }

  chip(data, place, choose) {
    const [mark, text] = parted(data.tokens[place]);
    const bits = element("small", {}, data.bits[place] == null ? "" : fixed(data.bits[place], 1));
    const kind = place < data.own ? "own" : place < data.read ? "made" : "ahead";
    const button = element(
      "button",
      { type: "button", class: place === data.read - 1 ? `${kind} last` : kind },
      element("span", "mark", mark),
      element("bdi", {}, text),
      " ",
      bits,
    );
    named(button, unseen(data.tokens[place]), words(data, place));
    button.addEventListener("click", choose);
    return button;
  }
}

export default view("story", Story);
