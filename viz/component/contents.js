// The list of pages. A click goes as the browser's way back goes, so that the session stays, and with it all that was chosen.

class Contents {
  constructor(host) {
    this.host = host;
    host.setAttribute("aria-label", "Pages");
    host.addEventListener("click", (event) => this.follow(event));
  }

  update({ pages, here }) {
    const focused = this.host.getRootNode().activeElement?.textContent;
    const current = (address) => (address === here ? { "aria-current": "page" } : {});
    this.host.replaceChildren(...pages.map(([address, question]) => element("a", { href: address, ...current(address) }, question)));
    [...this.host.children].find((link) => link.textContent === focused)?.focus(); // the list is new, the focus stays
  }

  follow(event) {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return; // the browser opens a tab or a window of its own
    event.preventDefault();
    if (!link.hasAttribute("aria-current")) {
      window.history.pushState(null, "", link.href);
      window.dispatchEvent(new PopStateEvent("popstate"));
    }
    if (matchMedia("(max-width: 768px)").matches) document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click(); // it covers the page
  }
}

export default view("contents", Contents);
