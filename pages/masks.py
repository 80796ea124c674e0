"""Why must the model not see the future? What a mask does, what leaks without it, and a model that was trained to cheat."""

import _cheat
import _leaks
import _paint
import _shell
import _sight
from _link import kept

SECTIONS = {
    "Can it cheat?": _cheat.section,
    "Paint a mask": _paint.section,
    "Leak test": _leaks.section,
    "Encoder and decoder": _sight.section,
}
KEY = "masks.section"

chosen = kept(KEY, SECTIONS, "Can it cheat?")
_shell.pick("View", SECTIONS, key=KEY, label_visibility="collapsed")
SECTIONS[chosen]()
