// @ts-check
// The list of pages. A click goes as the browser's way back goes, so that the session stays, and with it all
// that was chosen.

import { focused } from "./keys.js";
import { view } from "./mount.js";
import { element, set } from "./parts.js";

const NARROW = "(max-width: 1000px)"; // the list would take the picture's place
const COVERS = "(max-width: 768px)"; // the list lies over the page, and Streamlit opens without it
const COLLAPSE = "[data-testid=stSidebarCollapseButton] button";

/** Put the sidebar away. */
const collapse = () => /** @type {HTMLElement} */ (document.querySelector(COLLAPSE))?.click();

class Contents {
  constructor(host) {
    this.host = host;
    if (matchMedia(NARROW).matches && !matchMedia(COVERS).matches) collapse();
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
    if (matchMedia(COVERS).matches) collapse();
  }
}

export default view("contents", Contents);
