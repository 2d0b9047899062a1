"""An extension of griffe: docstrings name things by Sphinx's roles, which Markdown would print as they are."""

from __future__ import annotations

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?:attr|class|data|func|meth|mod):`~?(?:[\w.]*\.)?(\w+)`")


class PlainRoles(griffe.Extension):
    """``:class:`elmtex.types.Item``` reads ``Item``."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = _ROLE.sub(r"`\1`", obj.docstring.value)
