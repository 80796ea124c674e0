// @ts-check
// How the views write numbers: a true minus sign, thousands apart.

/** A number with so many significant digits; whole ones, as 0 and 1, need none after the point. */
export function figure(value, digits = 3) {
  if (Number.isNaN(value)) return "masked";
  const short = Number.isInteger(value) && Math.abs(value) < 1e6;
  return (short ? String(value) : value.toPrecision(digits)).replace(/-/g, "−");
}

/** A number with its sign, and so many digits after the point. */
export const signed = (value, digits) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(digits);

export const whole = (count) => count.toLocaleString("en");
