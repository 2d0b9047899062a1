"""From a trained student or attribute reader to the folder that elmtex reads: an OpenVINO graph with int8 weights, and facts with
threshold and confidence as DEV chooses them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import openvino
import torch
from tokenizers import Tokenizer

from elmtex.decoding.attribute_labels import OWN, AttributeLayout
from elmtex.decoding.labelled import Layout
from elmtex.engines.graph import int8
from elmtex.extractors.loaded_attribute_reader import LoadedAttributeReader
from elmtex.extractors.loaded_student import LoadedStudent
from elmtex.models.attribute_reader import READERS
from elmtex.models.encoder_folder import Kind
from elmtex.models.integrity import write_digests
from elmtex.models.student import STUDENTS
from elmtex.schema import CategorySchema
from elmtex.storage import write_whole
from elmtex.types import Record
from training.attribute_network import INPUTS, AttributeNetwork
from training.attribute_trainer import tried as tried_attributes
from training.student_network import StudentNetwork
from training.thresholds import WIDE, best, isotonic, tried, without_pairs

_SMALL = 1 << 12  # numbers: a smaller weight stays float32


def export(
    network: StudentNetwork, tokenizer: Tokenizer, layout: Layout, folder: Path, encoder: str
) -> None:
    """Write a student's folder; its threshold is 0 until it is calibrated."""
    _save(_Graph(network), _window(network), {}, tokenizer, folder)
    facts = {
        "name": folder.name,
        "encoder": encoder,
        "keys": layout.keys,
        "window": layout.window,
        "context": layout.context,
        "before": layout.before,
        "after": layout.after,
        **network.chain.facts(),
        "threshold": 0.0,
        "calibration": [],
    }
    write_facts(folder, STUDENTS, facts)


def export_attribute_reader(
    network: AttributeNetwork,
    tokenizer: Tokenizer,
    layout: AttributeLayout,
    folder: Path,
    encoder: str,
) -> None:
    """Write an attribute reader's folder; its threshold is 0 until it is calibrated."""
    words = torch.arange(1, 7).reshape(2, 3)
    example = _window(network) | dict.fromkeys(INPUTS[2:], words)
    example |= {"roles": torch.full_like(words, OWN), "categories": torch.zeros_like(words)}
    shapes = {name: [-1, -1] for name in INPUTS[2:]}
    _save(_AttributeGraph(network), example, shapes, tokenizer, folder)
    facts = {
        "name": folder.name,
        "encoder": encoder,
        **asdict(layout),
        **network.chain.facts(),
        "threshold": 0.0,
        "calibration": [],
    }
    write_facts(folder, READERS, facts)


def calibrate_attribute_reader(
    folder: Path, records: Sequence[Record], schema: CategorySchema
) -> list[dict[str, Any]]:
    """As :func:`calibrate_student`, of relations with the gold items given."""
    loaded = LoadedAttributeReader(folder)
    tokenizer, encoder = loaded.load()
    reader = loaded.reader
    read = (tokenizer, reader.layout, reader.chain, encoder.run, schema)
    return _calibrated(folder, READERS, list(tried_attributes(records, *read, thresholds=WIDE)))


def calibrate_student(folder: Path, records: Sequence[Record]) -> list[dict[str, Any]]:
    """Choose the threshold with the best mean of exact and relaxed micro F1 and fit the confidence, of the student as it
    is shipped; the rows tried, the chosen one last. One that finds nothing there has no confidence, and is told of.
    """
    student = LoadedStudent(folder)
    keys = student.student.layout.keys
    states = [list(student.labelled(record.text).states(keys)) for record in records]
    return _calibrated(folder, STUDENTS, list(tried(records, states, keys, WIDE)))


def _calibrated(folder: Path, kind: Kind, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    chosen = best(rows)
    confidence: list[tuple[float, float]] = []
    if chosen["correctness_pairs"]:
        confidence = isotonic(chosen["correctness_pairs"])
    else:  # it can be read, but not packaged
        print(f"{folder} finds nothing in the records of DEV: train it longer", file=sys.stderr)
    facts = json.loads((folder / kind.facts).read_text("utf-8"))
    write_facts(
        folder, kind, {**facts, "threshold": chosen["threshold"], "calibration": confidence}
    )
    written = [without_pairs(row) for row in [*rows, chosen]]
    write_whole(folder / "calibration.json", json.dumps(written, indent=2) + "\n")
    return written


class _Graph(torch.nn.Module):
    """The network by the names of the graph's inputs, which tracing takes from here."""

    def __init__(self, network: StudentNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.network(input_ids, attention_mask)
        return scores


class _AttributeGraph(torch.nn.Module):
    def __init__(self, network: AttributeNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        words: torch.Tensor,
        questions: torch.Tensor,
        roles: torch.Tensor,
        distances: torch.Tensor,
        categories: torch.Tensor,
    ) -> torch.Tensor:
        scores: torch.Tensor = self.network(
            input_ids, attention_mask, words, questions, roles, distances, categories
        )
        return scores


def _window(network: Any) -> dict[str, torch.Tensor]:
    """A window of 8 tokens, to trace the network with."""
    return {
        "input_ids": torch.arange(1, 9)[None] % network.encoder.config.vocab_size,
        "attention_mask": torch.ones(1, 8, dtype=torch.long),
    }


def _save(
    network: torch.nn.Module,
    example: dict[str, torch.Tensor],
    shapes: dict[str, list[int]],
    tokenizer: Tokenizer,
    folder: Path,
) -> None:
    """Write the graph, which reads one window at a time, and the tokenizer."""
    graph = openvino.convert_model(network.eval(), example_input=example)
    graph.reshape({**{name: [1, -1] for name in ("input_ids", "attention_mask")}, **shapes})
    _compress(graph)
    openvino.save_model(graph, folder / "model.xml", compress_to_fp16=False)
    tokenizer.save(str(folder / "tokenizer.json"))


def _compress(graph: openvino.Model) -> None:
    """Make the weights of linear layers and of the embedding int8, in place."""
    for node in graph.get_ops():
        if node.get_type_name() not in ("MatMul", "Gather"):
            continue
        for port in node.inputs():
            source = port.get_source_output()
            weight = source.get_node()
            if weight.get_type_name() != "Constant" or len(weight.shape) != 2:
                continue
            values = weight.data
            if values.dtype.kind == "f" and values.size >= _SMALL:
                port.replace_source_output(int8(values.astype("float32")).output(0))
    graph.validate_nodes_and_infer_types()


def write_facts(folder: Path, kind: Kind, facts: dict[str, Any]) -> None:
    """Write what a folder's encoder is and how it reads, and the digests of its files."""
    write_whole(folder / kind.facts, json.dumps(facts, indent=1) + "\n")
    write_digests(folder, kind.made_from, kind.files)
