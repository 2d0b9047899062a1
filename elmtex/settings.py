"""Every setting that comes from the environment, its default, and the folders elmtex writes to.

=====================  ==========================================================  =========================================
variable               what it sets                                                 default
=====================  ==========================================================  =========================================
ELMTEX_CACHE           folder of converted models and indexes                       the platform's user cache
ELMTEX_DATABASE        SQLAlchemy URL of the reviews                                 a SQLite file in the user's data folder
ELMTEX_AUTH            NAME:PASSWORD of who may sign in, one per line                no sign-in
ELMTEX_HOSTS           the page's names in the network, by spaces or commas          this machine's names
ELMTEX_MCP             anything: offer the endpoints as MCP tools, too               no MCP
ELMTEX_MCP_KEYS        NAME:KEY of programs, for names of ELMTEX_AUTH, one per line  no keys
ELMTEX_MODELS          [STRATEGY:]MODEL of the page's comparison, one per line       none but the page's own
ELMTEX_EXAMPLES        annotated reports (JSONL) that icl shows on the page          no icl there
ELMTEX_SERVER_KEY      bearer token sent to the server of a chat model               none
ELMTEX_SERVER_PLAIN    anything: that token may cross a network unencrypted          it may not
ELMTEX_DEBUG           anything: a defect's whole traceback, which may quote a report  one line
=====================  ==========================================================  =========================================

A variable is read when it is needed, never at import: a test or a program may set it at any time. An empty one counts
as not set. No other module reads them.
"""

from __future__ import annotations

import os
from pathlib import Path

CACHE = "ELMTEX_CACHE"
DATABASE = "ELMTEX_DATABASE"
AUTH = "ELMTEX_AUTH"
HOSTS = "ELMTEX_HOSTS"
MCP = "ELMTEX_MCP"
MCP_KEYS = "ELMTEX_MCP_KEYS"
MODELS = "ELMTEX_MODELS"
EXAMPLES = "ELMTEX_EXAMPLES"
SERVER_KEY = "ELMTEX_SERVER_KEY"
SERVER_PLAIN = "ELMTEX_SERVER_PLAIN"
DEBUG = "ELMTEX_DEBUG"

# Of a Hugging Face Space, which sets them itself.
SPACE_ID = "SPACE_ID"
SPACE_HOST = "SPACE_HOST"


def setting(variable: str) -> str:
    """A variable's value as it is; "" when it is not set."""
    return os.environ.get(variable, "")


def setting_lines(variable: str) -> list[str]:
    """The lines of a variable without surrounding white space; empty ones are left out."""
    return [line for line in map(str.strip, setting(variable).splitlines()) if line]


def cache_folder() -> Path:
    """Where converted models and indexes are kept; it need not exist yet, and may be removed at any time."""
    import platformdirs

    return Path(setting(CACHE) or platformdirs.user_cache_dir("elmtex"))


def data_folder() -> Path:
    """Where the user's reviews are kept, and what was learnt from them; it need not exist yet."""
    import platformdirs

    return Path(platformdirs.user_data_dir("elmtex", appauthor=False))


def database_url() -> str:
    """The reviews' database: of :data:`DATABASE`, else a file of :func:`data_folder`, which is made for its user alone."""
    if url := setting(DATABASE):
        return url
    folder = data_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return f"sqlite:///{folder / 'reviews.sqlite'}"
