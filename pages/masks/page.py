"""Why must the model not see the future? What a mask does, what leaks without it, and a model that was
trained to cheat.
"""

from pages import _shell
from pages._control import kept
from pages.masks import cheat, leaks, paint, sight

SECTIONS = {
    "Can it cheat?": cheat.section,
    "Paint a mask": paint.section,
    "Leak test": leaks.section,
    "Encoder and decoder": sight.section,
}
KEY = "masks.section"

chosen = kept(KEY, SECTIONS, "Can it cheat?")
_shell.pick("View", SECTIONS, key=KEY, label_visibility="collapsed")
SECTIONS[chosen]()
