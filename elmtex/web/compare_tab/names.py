"""What the page calls the extractors it compares, in words that need no knowledge of models."""

from __future__ import annotations

from elmtex.web.locale.messages import Words

REVIEWED = "reviewed"  # no extractor: the report as its reviewer left it


def named(choice: str, words: Words) -> str:
    """The name of a choice of :func:`elmtex.web.compare_tab.choices.extractor_choices`, or of :data:`REVIEWED`.

    Examples:
        >>> from elmtex.web.locale.messages import ENGLISH
        >>> named("finetuned", ENGLISH), named("naive: llama-3", ENGLISH)
        ("elmtex, trained for reports", "llama-3, told what to look for")
    """
    own = words.compare.names
    if choice in own:
        return own[choice]
    strategy, parted, model = choice.partition(": ")
    if parted and strategy in words.compare.asked:
        return words.compare.asked[strategy].format(model=model)
    return choice
