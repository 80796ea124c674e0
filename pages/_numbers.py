"""How numbers are written."""


def tex(value):
    mantissa, _, exponent = f"{float(value):.3g}".partition("e")
    return mantissa + (rf" \cdot 10^{{{int(exponent)}}}" if exponent else "")


def signed_tex(value):
    return ("+" if value >= 0 else "") + tex(value)


def signed(value):
    return ("+" if value >= 0 else "−") + f"{abs(value):.3g}"


def number(value):
    """A place on the meter: two digits behind the point, always with its sign."""
    return ("−" if value < 0 else "+") + f"{abs(value):.2f}"


def percent(share):
    return f"{100 * share:.0f} %"
