// @ts-check
// How the views write numbers, as viz/theme.py does: a true minus sign, which no zero has, thousands apart.

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const raised = (power) =>
  String(power)
    .replace(/\d/g, (digit) => RAISED[Number(digit)])
    .replace("-", "⁻");

/** A number with so many significant digits; whole ones, as 0 and 1, need none after the point. */
export function figure(value, digits = 3) {
  if (Number.isNaN(value)) return "masked";
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value).replace("-", "−");
  const [mantissa, power] = value.toPrecision(digits).split("e");
  return mantissa.replace("-", "−") + (power ? ` × 10${raised(Number(power))}` : "");
}

/** A number with so many digits after the point. */
export function fixed(value, digits) {
  const shown = Math.abs(value).toFixed(digits);
  return value < 0 && Number(shown) ? `−${shown}` : shown;
}

/** A share, 1 being all of it, in percent. */
export const percent = (share, digits = 1) => `${fixed(100 * share, digits)} %`;

/** At most three significant digits, and none that say nothing: 2.56, 0.5, 1,230. */
export const short = (value) =>
  Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 }).replace("-", "−");

/** A number with its sign, and so many digits after the point. */
export function signed(value, digits) {
  const shown = Math.abs(value).toFixed(digits);
  const sign = value < 0 ? "−" : "+";
  return (Number(shown) ? sign : "") + shown;
}

export const whole = (count) => count.toLocaleString("en");

/** So many of something: "1 token", "2,048 tokens". */
export const plural = (noun, count) => `${whole(count)} ${noun}${count === 1 ? "" : "s"}`;
