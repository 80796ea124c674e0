// @ts-check
// Candidates for the next token as buttons with two bars each, and the strip of all of them on which the roll
// falls. Texts of tokens go in as text only.

import { walks } from "./keys.js";
import { view } from "./mount.js";
import { fixed, percent, whole } from "./numbers.js";
import { element, legible, named, unseen } from "./parts.js";

const written = (share) => percent(share, share < 0.001 ? 3 : 1);

function bar(kind, share, widest) {
  const made = element("span", kind);
  made.style.setProperty("--share", String(share / widest));
  return made;
}

function row(one, widest, choose) {
  const notes = [
    one.cut ? `cut by ${one.cut}` : written(one.final),
    one.drawn && "drawn",
    one.before && "before",
  ];
  const words = notes.filter(Boolean).join(", ");
  const behind = element("span", "said", words);
  behind.style.setProperty("--share", String(Math.max(one.final, one.own) / widest));
  const bars = [...(one.cut ? [] : [bar("final", one.final, widest)]), bar("own", one.own, widest)];
  const button = element(
    "button",
    { type: "button" },
    element("span", "rank", whole(one.rank)),
    " ",
    element("bdi", "token", legible(one.token)),
    " ",
    element("span", "track", ...bars, behind),
  );
  named(button, unseen(one.token), `${written(one.own)} by the model: take it`);
  Object.assign(button.dataset, { rank: one.rank, own: one.own, final: one.final, cut: one.cut });
  button.addEventListener("click", () => choose(one.rank));
  return element("li", [one.drawn && "drawn", one.cut && "cut"].filter(Boolean).join(" "), button);
}

/** A part of the strip, as wide as its share, with its text where there is room. */
function part(tag, kind, share, text) {
  const made = element(tag, kind, text);
  made.style.width = `${100 * share}%`;
  return made;
}

function strip(rows, roll) {
  const listed = rows.filter((one, place) => one.final > 0 && one.rank === place + 1);
  const beyond = 1 - listed.reduce((sum, one) => sum + one.final, 0);
  const parts = listed.map((one) =>
    part("bdi", one.drawn ? "part drawn" : "part", one.final, one.final > 0.04 ? legible(one.token) : ""),
  );
  if (beyond > 1e-9) parts.push(part("span", "part rest", beyond, beyond > 0.06 ? "others" : ""));
  if (roll !== null) parts.push(element("span", { class: "needle", style: `left: ${100 * roll}%` }));
  return element("div", { class: "strip", "aria-hidden": "true" }, ...parts);
}

function rolled(roll) {
  if (roll === null) return element("div", "roll", element("span", "start", "greedy: nothing is rolled"));
  const side = roll < 0.12 ? "start" : roll > 0.88 ? "end" : "";
  return element(
    "div",
    "roll",
    element("span", { class: side, style: `left: ${100 * roll}%` }, `roll ${fixed(roll, 3)} ▾`),
  );
}

class Candidates {
  constructor(host) {
    this.host = host;
    this.renew = walks(host, () => [...host.querySelectorAll("button")]);
  }

  update({ rows, rest, roll, label, revision }, commit) {
    const widest = Math.max(...rows.flatMap(({ own, final }) => [own, final]), 1e-9);
    const choose = (rank) => commit("rank", rank);
    const list = element(
      "ol",
      { class: "rows", "aria-label": label },
      ...rows.map((one) => row(one, widest, choose)),
    );
    const [count, own, final] = rest;
    const shares = `${written(own)} by the model, ${written(final)} after the filters`;
    const others = `the other ${whole(count)} tokens: ${shares}`;
    const parts = [rolled(roll), strip(rows, roll), list, element("p", "others", others)];
    this.renew(
      () => this.host.replaceChildren(...parts),
      rows.findIndex(({ drawn }) => drawn),
    );
    Object.assign(this.host.dataset, { revision, roll: roll ?? "" });
  }
}

export default view("candidates", Candidates);
