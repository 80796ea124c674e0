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

/** A number with its sign, and so many digits after the point. */
export function signed(value, digits) {
  const shown = Math.abs(value).toFixed(digits);
  const sign = value < 0 ? "−" : "+";
  return (Number(shown) ? sign : "") + shown;
}

export const whole = (count) => count.toLocaleString("en");

/** So many of something: "1 token", "2,048 tokens". */
export const plural = (noun, count) => `${whole(count)} ${noun}${count === 1 ? "" : "s"}`;
