"""The language of a report: German or English."""

from __future__ import annotations

from functools import cache
from typing import Any

from elmtex.types import MissingDependencyError

LANGUAGES = ("de", "en")


def language(text: str) -> str:
    """``de`` or ``en``; ``en`` for a text without a letter.

    By py3langid (Lui and Baldwin 2012, langid.py): its n-grams of bytes know telegraphic notes,
    which have no small word. Of 60 such lines it names 58, counting small words named 34, lingua
    with 96 MB of models 58.

    Raises:
        MissingDependencyError: py3langid is not installed.
    """
    if not any(character.isalpha() for character in text):
        return "en"
    return str(_identifier().classify(text)[0])


@cache
def _identifier() -> Any:
    # About a second, once: it unpacks its 4.5 MB of model.
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError:
        raise MissingDependencyError(
            "telling a report's language needs py3langid: pip install 'elmtex[ui]'"
        ) from None
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(list(LANGUAGES))
    return identifier
