"""How a hand-made view comes to the browser: its files are registered at import, its numbers cross as bytes.

Registration needs no running server: Streamlit registers a definition again on the runtime that mounts it.
"""

import json
import re
from pathlib import Path

import numpy as np
import streamlit as st

HERE = Path(__file__).parent
IMPORT = {"js": r'import \{([^}]*)\} from "\./(\w+)\.js";\n', "css": r'@import "\./()(\w+)\.css";\n'}
EXPORT = r"^export (?=(?:const|function|class) (\w+))"


def script(name: str) -> str:
    """The one module that Streamlit wants of a view: NAME.js and before it all modules that it imports.

    Each of those becomes a function's scope, as a module is one, and returns what it exports.
    """
    *parts, (_, own) = files(name, "js").items()
    scopes = [f"const ${part} = (() => {{\n{scope(source)}}})();\n" for part, source in parts]
    return "".join(scopes) + linked(own)


def style(name: str) -> str:
    """The style sheet of a view: NAME.css and before it all that it imports."""
    return "".join(re.sub(IMPORT["css"], "", source) for source in files(name, "css").values())


def files(name: str, kind: str, importers: tuple[str, ...] = ()) -> dict[str, str]:
    """The sources of NAME and of all that it imports, by name, each after those that it imports itself.

    Raises ValueError where files import each other.
    """
    if name in importers:
        raise ValueError(f"{' imports '.join((*importers, name))}: nobody can be first")
    source = (HERE / f"{name}.{kind}").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for _, other in re.findall(IMPORT[kind], source):
        found |= files(other, kind, (*importers, name))
    return found | {name: source}


def linked(source: str) -> str:
    """The source with its imports taken from the scopes before it."""

    def taken(found: re.Match) -> str:
        return f"const {{{found[1].replace(' as ', ': ')}}} = ${found[2]};\n"

    return re.sub(IMPORT["js"], taken, source)


def scope(source: str) -> str:
    """The body of a function that does what the module does, and returns its exports."""
    exports = re.findall(EXPORT, source, re.MULTILINE)
    return f"{re.sub(EXPORT, '', linked(source), flags=re.MULTILINE)}return {{ {', '.join(exports)} }};\n"


def view(name: str, whole_page: bool = False):
    """The component that NAME.js draws in an element of the class riverbank-NAME, styled by NAME.css, which
    reaches nothing else, or the `whole_page`.
    """
    css = style(name) if (HERE / f"{name}.css").exists() else None
    html = f'<div class="riverbank-{name}"></div>'
    return st.components.v2.component(
        f"riverbank_{name}", html=html, css=css, js=script(name), isolate_styles=not whole_page
    )


def payload(header: dict, numbers: np.ndarray, kind: np.dtype | type | str = "<f4") -> bytes:
    """[u32 header length][JSON header][numbers], little-endian; of float32, NaN stands for masked."""
    text = json.dumps(header).encode("ascii")
    text += b" " * (-len(text) % 4)  # Float32Array wants numbers at a multiple of four bytes
    return len(text).to_bytes(4, "little") + text + np.asarray(numbers, kind).tobytes()
