// @ts-check
// What is drawn around and over the cells of a heatmap; each function takes its 2D context and the heatmap.

import { colouring } from "./colours.js";
import { TILT, labelled } from "./layout.js";
import { figure } from "./numbers.js";
import { thinning } from "./parts.js";

const FEW = 8; // rows and columns of a matrix that has its numbers in its cells

/** Lines between cells help to count, until they are more ink than the cells. */
export function rules(ink, { layout, theme }) {
  const { T, S, left, top, broad, high } = layout;
  const [wide, deep] = [S * broad, T * high];
  Object.assign(ink, { strokeStyle: theme.text, lineWidth: 1, globalAlpha: 0.1 });
  if (Math.min(broad, high) >= 10) {
    const line = (x1, y1, x2, y2) => {
      ink.moveTo(x1, y1);
      ink.lineTo(x2, y2);
    };
    ink.beginPath();
    for (let r = 1; r < T; r++) line(left, top + r * high, left + wide, top + r * high);
    for (let c = 1; c < S; c++) line(left + c * broad, top, left + c * broad, top + deep);
    ink.stroke();
  }
  ink.globalAlpha = 0.35;
  ink.strokeRect(left - 0.5, top - 0.5, wide + 1, deep + 1);
  ink.globalAlpha = 1;
}

/** Write the numbers into the cells of a small matrix, on each in the colour that shows; none where one of
 *  them does not fit into its cell. Whether they stand there. */
export function figures(ink, { layout, theme, data, colours }) {
  const { T, S, left, top, broad, high, em } = layout;
  if (Math.max(T, S) > FEW || data.kind === "mask" || high < 1.2 * em) return false;
  ink.font = `${em}px ${theme.font}`;
  const words = Array.from(data.values, (value) => (Number.isNaN(value) ? "" : figure(value, 2)));
  if (words.some((word) => ink.measureText(word).width > broad - em / 2)) return false;
  const colour = colouring(data, colours);
  const shade = (packed) =>
    0.2126 * (packed & 255) + 0.7152 * ((packed >> 8) & 255) + 0.0722 * ((packed >> 16) & 255);
  Object.assign(ink, { textBaseline: "middle", textAlign: "center" });
  words.forEach((word, i) => {
    if (!word) return;
    ink.fillStyle = shade(colour(data.values[i])) < 128 ? "#ffffff" : "#000000";
    const [r, c] = [Math.floor(i / S), i % S];
    ink.fillText(word, left + (c + 0.5) * broad, top + (r + 0.5) * high);
  });
  ink.textAlign = "start";
  return true;
}

/** Write one label: the dim marks of its leading spaces, then its text, bold and in the role's colour if it
 *  has one. */
function letter(ink, { layout, theme }, [mark, text], x, y, { right = false, tilt = 0, colour = "" }) {
  ink.save();
  ink.translate(x, y);
  ink.rotate(tilt);
  ink.font = `${colour ? 700 : 400} ${layout.em}px ${theme.code}`;
  ink.fillStyle = colour || theme.text;
  const own = `\u2068${text}\u2069`; // a right-to-left token keeps its own order and lends it to nobody
  const start = right ? -ink.measureText(own).width : ink.measureText(mark).width;
  ink.fillText(own, start, 0);
  ink.globalAlpha = 0.55;
  ink.fillText(mark, start - ink.measureText(mark).width, 0);
  ink.restore();
}

/** Write the tokens, thinned out so that none touch, and the roles of the axes. */
export function letters(ink, picture) {
  const { layout, theme, data, selected } = picture;
  const { T, S, left, top, broad, high, em, labels } = layout;
  ink.textBaseline = "middle";
  ink.direction = "ltr";
  for (const r of labelled(T, thinning(high, 1.25 * em), selected?.[0])) {
    const colour = r === selected?.[0] && theme.blue;
    letter(ink, picture, labels[0][r], left - 6, top + (r + 0.5) * high, { right: true, colour });
  }
  for (const c of labelled(S, thinning(broad, (1.25 * em) / Math.sin(TILT)), selected?.[1])) {
    const colour = c === selected?.[1] && theme.vermillionText;
    letter(ink, picture, labels[1][c], left + (c + 0.5) * broad, top - 6, { tilt: -TILT, colour });
  }
  const axis = (role, y, colour) => letter(ink, picture, ["", role], left - 10, y, { right: true, colour });
  axis(`${data.column_role} →`, top - 3.1 * em, theme.vermillionText);
  axis(`${data.row_role} ↓`, top - 1.8 * em, theme.blue);
}

/** Outline the chosen cell and its row, with a halo, so that the outline shows on every tone. */
export function outline(ink, { layout, theme, selected }) {
  const [row, column] = layout.boxes(selected);
  Object.assign(ink, { strokeStyle: theme.blue, lineWidth: 1.5 });
  ink.strokeRect(layout.left, row.y, layout.S * layout.broad, row.size);
  for (const [strokeStyle, lineWidth] of [
    [`rgb(${theme.page})`, 5],
    [theme.text, 2.5],
  ]) {
    Object.assign(ink, { strokeStyle, lineWidth });
    ink.strokeRect(column.x, row.y, column.size, row.size);
  }
}

/** Outline the rows of a mask that allow nothing. */
export function blind(ink, { layout, theme, data }) {
  const { T, S, left, top, broad, high } = layout;
  Object.assign(ink, { strokeStyle: theme.vermillionText, lineWidth: 2.5 });
  for (let r = 0; r < T; r++) {
    const nothing = data.values.subarray(r * S, (r + 1) * S).every(Number.isNaN);
    if (nothing) ink.strokeRect(left, top + r * high, S * broad, high);
  }
}
