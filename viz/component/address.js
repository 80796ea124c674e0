// Keeps the page's address in step with its controls, so that a link or a reload restores the picture. The history grows by nothing.

export default function ({ data }) {
  const url = new URL(window.location.href);
  const wished = new URLSearchParams(data.query);
  for (const [key, value] of url.searchParams) if (key.startsWith("embed")) wished.append(key, value); // Streamlit's own
  if (url.searchParams.toString() === wished.toString()) return;
  url.search = wished;
  window.history.replaceState(window.history.state, "", url);
}
