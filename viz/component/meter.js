// Lanes from one sense to the other: examples as small signs, the marks as discs, and lines that follow a mark from lane to lane.
// User text goes in through textContent only.

const number = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);
const place = (value, limit) => 50 + (50 * value) / limit; // percent of the track

function sign(className, value, limit, lift = 0) {
  const made = element("i", className);
  made.style.left = `${place(value, limit)}%`;
  made.style.top = `${50 + lift}%`;
  return made;
}

function examples(values, side, limit) {
  return values.map((value, i) => sign(`example ${side}`, value, limit, ((i * 37) % 11) * 5 - 25)); // spread over the lane's height, always alike
}

function discs(lane, marks, limit) {
  const before = lane.before.map((value, i) => sign(`before mark${i}`, value, limit));
  const now = lane.values.map((value, i) => {
    const disc = sign(`disc mark${i}`, value, limit, lane.values.length > 1 && Math.abs(value - lane.values[1 - i]) < limit / 25 ? 24 * i - 12 : 0);
    disc.textContent = marks[i];
    return disc;
  });
  return [...before, ...now];
}

function track(lane, { marks, limit }) {
  const made = element("span", "track");
  const band = element("i", "band");
  const half = lane.margin === null ? 50 : Math.min(50, (50 * lane.margin) / limit);
  band.style.left = `${50 - half}%`;
  band.style.width = `${2 * half}%`;
  const unit = [-1, 0, 1].map((value) => sign(value ? "unit" : "middle", value, limit));
  made.append(band, ...unit, ...examples(lane.left, "left", limit), ...examples(lane.right, "right", limit), ...discs(lane, marks, limit));
  return made;
}

function row(lane, index, room) {
  const clickable = room.chosen !== null;
  const made = element(clickable ? "button" : "div", "lane");
  const readings = lane.values.map((value, i) => element("span", `reading mark${i}`, number(value)));
  made.append(element("span", "name", lane.name), track(lane, room), ...readings, element("span", "note", lane.note));
  const said = lane.values.map((value, i) => `${room.marks[i]}: ${number(value)}`).join(", ");
  made.setAttribute("aria-label", `${lane.name}; ${said}${lane.note ? `; ${room.note} ${lane.note}` : ""}`);
  if (!clickable) return made;
  made.type = "button";
  made.setAttribute("aria-pressed", String(index === room.chosen));
  made.addEventListener("click", () => room.choose(index));
  return made;
}

function heading({ ends, marks, note }) {
  const made = element("div", "lane heading");
  const senses = element("span", "track");
  senses.append(element("bdi", "end left", `● ${ends[0]}`), element("span", "close", "too close to call"), element("bdi", "end right", `${ends[1]} ■`));
  made.append(element("span", "name", ""), senses, ...marks.map((mark) => element("span", "reading", mark)), element("span", "note", note));
  return made;
}

function paths({ lanes, marks, limit }) {
  const points = (i) => lanes.map((lane, n) => `${place(lane.values[i], limit)},${n + 0.5}`).join(" ");
  const lines = marks.map((_, i) => drawing("polyline", { points: points(i), class: `path mark${i}` }));
  return drawing("svg", { viewBox: `0 0 100 ${lanes.length}`, preserveAspectRatio: "none", "aria-hidden": "true" }, ...lines);
}

export default function ({ data, parentElement, setStateValue }) {
  const host = parentElement.querySelector(".riverbank-meter");
  const room = { ...data, choose: (lane) => setStateValue("lane", [lane, Date.now()]) };
  const focused = [...host.querySelectorAll("button")].indexOf(parentElement.activeElement ?? document.activeElement);
  const body = element("div", "body");
  body.append(...room.lanes.map((lane, index) => row(lane, index, room)));
  if (room.joined) body.append(paths(room));
  host.style.setProperty("--readings", room.marks.length);
  host.replaceChildren(heading(room), body);
  host.setAttribute("role", "group");
  host.setAttribute("aria-label", room.label);
  host.dataset.revision = room.revision;
  host.dataset.values = JSON.stringify(room.lanes.map((lane) => lane.values));
  host.querySelectorAll("button")[focused]?.focus();
}
