// @ts-check
// The list of pages. A click goes as the browser's way back goes, so that the session stays, and with it all
// that was chosen.

import { focused } from "./keys.js";
import { view } from "./mount.js";
import { element, set } from "./parts.js";

class Contents {
  constructor(host) {
    this.host = host;
    set(host, { role: "navigation", "aria-label": "Pages" });
    host.addEventListener("click", (event) => this.follow(event));
  }

  update({ name, pages, here }) {
    const question = focused(this.host)?.textContent;
    const current = (address) => (address === here ? { "aria-current": "page" } : {});
    const links = pages.map(([address, text]) => element("a", { href: address, ...current(address) }, text));
    this.host.replaceChildren(element("div", "name", name), ...links);
    links.find((link) => link.textContent === question)?.focus(); // the list is new, the focus stays
  }

  follow(event) {
    const link = event.target.closest("a");
    const aside = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!link || aside) return; // the browser opens a tab or a window of its own
    event.preventDefault();
    if (!link.hasAttribute("aria-current")) {
      window.history.pushState(null, "", link.href);
      window.dispatchEvent(new PopStateEvent("popstate"));
    }
    const covers = matchMedia("(max-width: 768px)").matches; // the list lies over the page
    const collapse = "[data-testid=stSidebarCollapseButton] button";
    if (covers) /** @type {HTMLElement} */ (document.querySelector(collapse))?.click();
  }
}

export default view("contents", Contents);
