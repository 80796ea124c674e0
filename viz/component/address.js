// @ts-check
// Keeps the page's address in step with its controls, so that a link, a reload or a lost session restores the
// picture. The history grows by nothing.

import { view } from "./mount.js";

// A page that finds its server again may find no session there. So it says what its address was when it lost
// the server. Streamlit itself waits for a click, and sends with that the query of the page's first load.
class Address {
  lost = null; // the query and the time, while there is no server

  constructor() {
    /** @type {HTMLElement} */
    const app = document.querySelector("[data-testid=stApp]");
    const look = () => this.look(app.dataset.testConnectionState === "CONNECTED");
    this.observer = new MutationObserver(look);
    this.observer.observe(app, { attributeFilter: ["data-test-connection-state"] });
  }

  update({ query }, say) {
    this.say = say;
    const url = new URL(window.location.href);
    const wished = new URLSearchParams(query);
    const embed = [...url.searchParams].filter(([key]) => key.startsWith("embed")); // Streamlit's own
    for (const [key, value] of embed) wished.append(key, value);
    if (url.searchParams.toString() === wished.toString()) return;
    url.search = String(wished);
    window.history.replaceState(window.history.state, "", url);
  }

  look(connected) {
    if (!connected) this.lost ??= [window.location.search.slice(1), Date.now()];
    else if (this.lost) {
      this.say("lost", ...this.lost);
      this.lost = null;
    }
  }

  end() {
    this.observer.disconnect();
  }
}

export default view("address", Address);
