"""Why must the model not see the future? What a mask does, what leaks without it, and a model that was
trained to cheat.
"""

from pages._control import Buttons
from pages.masks import cheat, leaks, paint, sight

SECTIONS = {
    "Can it cheat?": cheat.section,
    "Paint a mask": paint.section,
    "Leak test": leaks.section,
    "Encoder and decoder": sight.section,
}
VIEW = Buttons("View", "masks.section", SECTIONS, "Can it cheat?", look={"label_visibility": "collapsed"})

section = SECTIONS[VIEW.value()]
VIEW.draw()
section()
