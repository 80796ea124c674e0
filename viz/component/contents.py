"""The list of pages: Streamlit's own spells every question anew as Markdown, several times in each run, and
all that is typed waits for it.
"""

from viz.component.view import view

mount = view("contents")


def contents(name, pages, *, here):
    """Draw the app's name and the list of `pages`, {address: question}, in its order, the one at the address
    `here` marked; a click goes there within the session.
    """
    mount(key="contents", data={"name": name, "pages": list(map(list, pages.items())), "here": here})
