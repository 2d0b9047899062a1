"""The page's account of itself: what it is for, what the law asks and how it answers, and what exactly it runs on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from markupsafe import Markup

import elmtex
from elmtex.extractors.base import Extractor
from elmtex.provenance import digest
from elmtex.schema import CategorySchema
from elmtex.web.locale.messages import Words
from elmtex.web.templating import template

CARD = "MODEL_CARD.md"  # in the folder of an adapter or model
MAX_CARD = 200_000  # characters
PACKAGES = ("gradio", "openvino", "torch", "transformers", "fhir.resources", "sqlalchemy")


_ABOUT = template("about.html")


@dataclass(frozen=True, slots=True)
class Model:
    """The model in use.

    Args:
        name: what documents call it.
        digest: SHA-256 over its files, as a record of an evaluation states it; "" when it has none here.
        card: its model card in Markdown; "" when it came with none.
    """

    name: str
    digest: str = ""
    card: str = ""


def model_of(extractor: Extractor) -> Model:
    """What is known of an extractor's model; reads its files once through, so after it was loaded."""
    name, folders = extractor.model_name, extractor.folders()
    if not folders:
        return Model(name)
    # The adapter's card, which speaks of this task, before its student's and its base's.
    cards = (folder / CARD for folder in (*folders[1:], folders[0]))
    card = next((path for path in cards if path.is_file()), None)
    return Model(name, digest(folders), _card(card) if card else "")


def _card(path: Path) -> str:
    """A card without the YAML that the hub reads at its head."""
    text = path.read_text("utf-8", "replace")[:MAX_CARD]
    if text.startswith("---\n"):
        text = text[4:].partition("\n---\n")[2] or text
    return text.strip()


def schema_digest(schema: CategorySchema) -> str:
    """SHA-256 of a schema's content, whatever its white space and the order of its keys in objects."""
    text = json.dumps(schema.document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def about_html(model: Model | None, schema: CategorySchema, words: Words) -> Markup:
    """The account; the model's card is shown below it.

    Args:
        model: the model in use; None while it loads.
        schema: what reports are read with.
        words: the page's language.
    """
    a = words.about
    card = a.no_card if model is not None and not model.card else a.card
    return _ABOUT.tab(_facts(model, schema, words), card, words)


def _facts(model: Model | None, schema: CategorySchema, words: Words) -> list[tuple[str, str]]:
    """What runs here, in numbers that can be compared with a record of an evaluation."""
    a = words.about
    versions = [f"elmtex {elmtex.__version__}"]
    for package in PACKAGES:
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    return [
        (a.software, " · ".join(versions)),
        (a.model, model.name or "–" if model is not None else a.loading),
        (a.model_digest, model.digest or "–" if model is not None else a.loading),
        (a.schema, schema.title),
        (a.schema_digest, schema_digest(schema)),
    ]
