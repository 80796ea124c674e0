// A text as a row of token chips: each is a button, shaded by its number, the chosen one outlined.
// User text goes in through textContent only.

const rooms = new WeakMap(); // root element -> what the last call brought, so that old buttons never speak for new data

function chip(room, token, place) {
  const [mark, text] = parted(token);
  const button = element("button", { type: "button" }, element("span", "mark", mark), element("bdi", {}, text), element("small", {}, room.notes[place]));
  const value = room.values ? room.values[place] : null;
  button.setAttribute("aria-pressed", String(place === room.selected));
  const struck = room.struck.includes(place);
  button.classList.toggle("struck", struck);
  button.setAttribute("aria-label", `token ${place + 1}, ${token.trim() || "white space"}, ${room.notes[place]}${struck ? ", struck out" : ""}`);
  if (value !== null) button.style.setProperty("--share", `${Math.round(100 * Math.min(1, Math.max(0, value)))}%`);
  button.tabIndex = place === (room.selected ?? 0) ? 0 : -1; // one stop for the tab key; arrows go on from there
  button.addEventListener("click", () => room.choose(place));
  return button;
}

function walk(event, list) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const place = [...list.children].indexOf(document.activeElement);
  const next = list.children[place + step];
  if (place < 0 || !next) return;
  event.preventDefault();
  next.focus();
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const list = parentElement.querySelector(".riverbank-chips");
  if (!rooms.has(list)) list.addEventListener("keydown", (event) => walk(event, list));
  const focused = list.contains(document.activeElement) || list.contains(parentElement.activeElement);
  const room = { ...data, choose: (place) => setStateValue("token", [place, Date.now()]) };
  rooms.set(list, room);
  list.setAttribute("aria-label", data.label);
  list.replaceChildren(...data.tokens.map((token, place) => chip(room, token, place)));
  list.dataset.revision = data.revision;
  if (focused && room.selected !== null) list.children[room.selected]?.focus();
}
