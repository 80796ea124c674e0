// Streamlit's one-line inputs can be read while somebody types (live="200ms"), its text areas cannot: they wait for Ctrl + Enter or a click elsewhere.
// So those in a container whose key begins with "box." get that Ctrl + Enter once the hand rests.

const BOX = '[class*="st-key-box-"] textarea';
let waiting, rest;

function typed({ target, isComposing }) {
  if (isComposing || !target.matches(BOX)) return; // half a syllable is no text: its end is told by compositionend
  clearTimeout(waiting);
  waiting = setTimeout(() => target.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true })), rest);
}

export default function ({ data }) {
  rest = data.rest;
  for (const event of ["input", "compositionend"]) document.addEventListener(event, typed); // the same function again is no second listener
}
