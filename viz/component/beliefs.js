// @ts-check
// The next tokens that several models expect, one list per model: plain elements, painted in the frame in
// which the data arrives. Texts go in as text only.

import { view } from "./mount.js";
import { percent } from "./numbers.js";
import { element, legible } from "./parts.js";

function row(token, share, widest) {
  const bar = element("span", "bar");
  bar.style.width = `${(100 * share) / widest}%`;
  const written = element("span", "share", percent(share));
  return element("li", "row", element("bdi", "token", legible(token)), written, bar);
}

class Beliefs {
  constructor(host) {
    this.host = host;
  }

  update({ lists, label, revision }) {
    const widest = Math.max(...lists.flatMap(({ shares }) => shares), 0) || 1;
    this.host.replaceChildren(
      ...lists.map(({ name, note, tokens, shares }) => {
        const rows = tokens.map((token, i) => row(token, shares[i], widest));
        const list = element("ol", { class: "rows", "aria-label": `${label}: ${name}` }, ...rows);
        return element(
          "section",
          "list",
          element("p", "name", name),
          note ? element("p", "note", note) : list,
        );
      }),
    );
    this.host.dataset.revision = revision;
  }
}

export default view("beliefs", Beliefs);
