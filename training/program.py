"""How the programs of training end."""

from __future__ import annotations

import sys
from collections.abc import Callable

from elmtex.types import ElmtexError


def run(main: Callable[[], None]) -> None:
    """Run a program; what elmtex refuses is a line on stderr and exit status 2, no traceback."""
    try:
        main()
    except ElmtexError as error:
        print(f"{sys.argv[0]}: {error}", file=sys.stderr)
        sys.exit(2)
