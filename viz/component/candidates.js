// Candidates for the next token as buttons with two bars each, and the strip of all of them on which the roll falls. Token texts go in through textContent only.

const rooms = new WeakMap(); // root element -> whether its keys are listened to

const percent = (share) => `${(100 * share).toFixed(share < 0.001 ? 3 : 1)} %`;

function bar(className, share, widest) {
  const made = element("span", className);
  made.style.setProperty("--share", share / widest);
  return made;
}

function row(one, widest, choose) {
  const item = element("li", [one.drawn && "drawn", one.cut && "cut"].filter(Boolean).join(" "));
  const button = element("button", "");
  const track = element("span", "track");
  const notes = [one.cut ? `cut by ${one.cut}` : percent(one.final), one.drawn && "drawn", one.before && "before"].filter(Boolean);
  const said = element("span", "said", notes.join(", "));
  said.style.setProperty("--share", Math.max(one.final, one.own) / widest);
  track.append(...(one.cut ? [] : [bar("final", one.final, widest)]), bar("own", one.own, widest), said);
  button.type = "button";
  button.append(element("span", "rank", one.rank.toLocaleString("en")), element("bdi", "token", legible(one.token)), track);
  button.setAttribute("aria-label", `rank ${one.rank}, ${one.token.trim() || "white space"}: model ${percent(one.own)}, ${notes.join(", ")}. Take it`);
  Object.assign(button.dataset, { rank: one.rank, own: one.own, final: one.final, cut: one.cut });
  button.addEventListener("click", () => choose(one.rank));
  item.append(button);
  return item;
}

function strip(rows, rest, roll) {
  const made = element("div", "strip");
  made.setAttribute("aria-hidden", "true");
  const listed = rows.filter((one, place) => one.final > 0 && one.rank === place + 1);
  const beyond = 1 - listed.reduce((sum, one) => sum + one.final, 0);
  made.append(...listed.map((one) => {
    const part = element("bdi", one.drawn ? "part drawn" : "part", one.final > 0.04 ? legible(one.token) : "");
    part.style.width = `${100 * one.final}%`;
    return part;
  }));
  if (beyond > 1e-9) {
    const part = element("span", "part rest", beyond > 0.06 ? "others" : "");
    part.style.width = `${100 * beyond}%`;
    made.append(part);
  }
  if (roll !== null) {
    const needle = element("span", "needle");
    needle.style.left = `${100 * roll}%`;
    made.append(needle);
  }
  return made;
}

function rolled(roll) {
  const line = element("div", "roll");
  const said = element("span", roll === null ? "start" : roll < 0.12 ? "start" : roll > 0.88 ? "end" : "", roll === null ? "greedy: nothing is rolled" : `roll ${roll.toFixed(3)} ▾`);
  said.style.left = `${100 * (roll ?? 0)}%`;
  line.append(said);
  return line;
}

function walk(event, host) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const buttons = [...host.querySelectorAll("button")];
  const next = step && buttons[buttons.indexOf(event.target.closest("button")) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

export default function ({ data, parentElement, setStateValue }) {
  const host = parentElement.querySelector(".riverbank-candidates");
  if (!host || !data) return;
  if (!rooms.has(host)) host.addEventListener("keydown", (event) => walk(event, host));
  rooms.set(host, true);
  const focused = host.contains(host.getRootNode().activeElement);
  const widest = Math.max(...data.rows.flatMap(({ own, final }) => [own, final]), 1e-9);
  const list = element("ol", "rows");
  list.setAttribute("aria-label", data.label);
  list.append(...data.rows.map((one) => row(one, widest, (rank) => setStateValue("rank", [rank, Date.now()]))));
  const [count, own, final] = data.rest;
  const others = element("p", "others", `the other ${count.toLocaleString("en")} tokens: ${percent(own)} by the model, ${percent(final)} after the filters`);
  host.replaceChildren(rolled(data.roll), strip(data.rows, data.rest, data.roll), list, others);
  Object.assign(host.dataset, { revision: data.revision, roll: data.roll ?? "" });
  if (focused) host.querySelector(".drawn button")?.focus({ preventScroll: true });
}
