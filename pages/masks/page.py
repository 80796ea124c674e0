"""Why must the model not see the future? What a mask does, what leaks without it, and a model that was
trained to cheat.
"""

from pages import _sidebar
from pages._control import Buttons
from pages.masks import cheat, leaks, paint, sight

SECTIONS = {
    "Can it cheat?": cheat.show,
    "Paint a mask": paint.show,
    "Leak test": leaks.show,
    "Encoder and decoder": sight.show,
}
ONLY = {"Can it cheat?": cheat.HONEST, "Encoder and decoder": sight.DECODER}  # models that these are about
VIEW = Buttons("View", "masks.section", SECTIONS, "Can it cheat?", look={"label_visibility": "collapsed"})

section = VIEW.value()
VIEW.draw()
SECTIONS[section](_sidebar.choice(only=ONLY.get(section), hub=True))
