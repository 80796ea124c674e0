// @ts-check
// Keeps the page's address in step with its controls, so that a link or a reload restores the picture. The
// history grows by nothing.

import { view } from "./mount.js";

class Address {
  update({ query }) {
    const url = new URL(window.location.href);
    const wished = new URLSearchParams(query);
    const embed = [...url.searchParams].filter(([key]) => key.startsWith("embed")); // Streamlit's own
    for (const [key, value] of embed) wished.append(key, value);
    if (url.searchParams.toString() === wished.toString()) return;
    url.search = String(wished);
    window.history.replaceState(window.history.state, "", url);
  }
}

export default view("address", Address);
