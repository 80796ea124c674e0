// @ts-check
// A table whose rows are chosen: the name of each is a button. Texts go in as text only.

import { walks } from "./keys.js";
import { view } from "./mount.js";
import { element } from "./parts.js";

class Rows {
  constructor(host) {
    this.host = host;
    this.renew = walks(host, () => [...host.querySelectorAll("button")]);
  }

  update({ heads, lines, label }, commit) {
    const head = heads.map((text) => element("th", { scope: "col" }, text));
    const line = ([name, ...cells]) => {
      const button = element("button", { type: "button" }, name);
      button.addEventListener("click", () => {
        commit("row", name);
        document.querySelector("[data-testid=stMain]")?.scrollTo({ top: 0 }); // what it leads to begins there
      });
      return element(
        "tr",
        {},
        element("th", { scope: "row" }, button),
        ...cells.map((text) => element("td", {}, text)),
      );
    };
    const table = element(
      "table",
      { "aria-label": label },
      element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...lines.map(line)),
    );
    this.renew(() => this.host.replaceChildren(table));
  }
}

export default view("rows", Rows);
