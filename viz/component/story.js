// A text that grows, as token chips. New chips are added to the old ones, the newest is kept in view. User text goes in through textContent only.

const rooms = new WeakMap(); // root element -> what the last call brought

function spoken({ tokens, bits, own, read }, place) {
  const name = tokens[place].trim() || "white space";
  const what = place >= read ? "of the branch left behind, go forward to it" : place ? "go back to where it was chosen" : "the first token";
  const whose = place < own ? "yours" : place < read ? "chosen" : "ahead";
  return `token ${place + 1}, ${name}, ${whose}${bits[place] == null ? "" : `, ${bits[place].toFixed(1)} bits`}: ${what}`;
}

function chip(room, place) {
  const [mark, text] = parted(room.tokens[place]);
  const bits = element("small", {}, room.bits[place]?.toFixed(1));
  const button = element("button", { type: "button" }, element("span", "mark", mark), element("bdi", {}, text), bits);
  button.className = place < room.own ? "own" : place < room.read ? "made" : "ahead";
  button.classList.toggle("last", place === room.read - 1);
  button.setAttribute("aria-label", spoken(room, place));
  button.tabIndex = place === room.read - 1 ? 0 : -1; // one stop for the tab key; arrows go on from there
  button.addEventListener("click", () => room.choose(place));
  return button;
}

function walk(event, list) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const next = step && [...list.children][[...list.children].indexOf(event.target.closest("button")) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

export default function ({ data, parentElement, setStateValue }) {
  const list = parentElement.querySelector(".riverbank-story");
  if (!list || !data) return;
  if (!rooms.has(list)) list.addEventListener("keydown", (event) => walk(event, list));
  const focused = list.contains(list.getRootNode().activeElement);
  const room = { ...data, choose: (place) => setStateValue("token", [place, Date.now()]) };
  rooms.set(list, room);
  list.setAttribute("aria-label", data.label);
  list.replaceChildren(...data.tokens.map((_, place) => chip(room, place)));
  Object.assign(list.dataset, { revision: data.revision, read: data.read, own: data.own });
  const last = list.children[data.read - 1];
  list.scrollTop = last.offsetTop - list.offsetTop - list.clientHeight + last.offsetHeight + 6;
  if (focused) last.focus({ preventScroll: true });
}
