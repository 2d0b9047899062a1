"""Rows of a batch as Parquet: nested columns, the same for every report of a category schema.

=============  ==================================================================================================
column         type
=============  ==================================================================================================
id, key        string
schema, model  string
status         string
problems       list of strings
categories     struct with a field for each category, a list of items; an item is a struct: ``text``, ``start``,
               ``end`` (int64), ``assertion``, ``confidence`` (double), ``section``, ``codes`` (list of structs:
               ``system``, ``code``, ``display``, ``score``, ``chosen``), ``attributes`` (list of structs: ``type``,
               ``text``, ``start``, ``end``, ``confidence``, ``value``: JSON)
=============  ==================================================================================================

What a document leaves out is null here, and what is null here a document leaves out but for the four fields that it
always has: see :func:`document_of`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from elmtex.types import InputError, MissingDependencyError

if TYPE_CHECKING:
    import pyarrow as pa

_ALWAYS = ("text", "start", "end", "assertion", "confidence")  # in a document also when None
_KEYS = ("id", "key", "status")


def check() -> None:
    """Raises MissingDependencyError when Parquet cannot be written."""
    try:
        import fsspec  # noqa: F401
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError(
            f"Parquet, shards and addresses need {error.name}: pip install 'elmtex[data]'"
        ) from None


def arrow_schema(categories: Iterable[str]) -> pa.Schema:
    """The columns of rows with these categories."""
    import pyarrow as pa

    span = [("text", pa.string()), ("start", pa.int64()), ("end", pa.int64())]
    confidence = ("confidence", pa.float64())
    code = [(name, pa.string()) for name in ("system", "code", "display")]
    code += [("score", pa.float64()), ("chosen", pa.bool_())]
    attribute = [("type", pa.string()), *span, confidence, ("value", pa.string())]
    item = [*span, ("assertion", pa.string()), confidence, ("section", pa.string())]
    item += [("codes", pa.list_(pa.struct(code))), ("attributes", pa.list_(pa.struct(attribute)))]
    strings = [(name, pa.string()) for name in ("id", "key", "schema", "model", "status")]
    items = [(key, pa.list_(pa.struct(item))) for key in categories]
    columns = [*strings, ("problems", pa.list_(pa.string()))]
    # Parquet has no struct without a field: a batch without a row has no such column.
    return pa.schema([*columns, ("categories", pa.struct(items))] if items else columns)


def packed(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows of one category schema as a Parquet file."""
    import pyarrow as pa

    schema = arrow_schema(rows[0]["categories"])
    return _bytes(pa.Table.from_pylist([_flat(row) for row in rows], schema=schema))


def document_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a row, with its key, as JSON Lines have it.

    Args:
        row: as pyarrow, pandas or DuckDB give it: mappings, and lists or arrays.

    Examples:
        >>> import pyarrow.parquet as pq  # doctest: +SKIP
        >>> documents = map(document_of, pq.read_table("out.parquet").to_pylist())  # doctest: +SKIP
    """
    return {
        **{key: row[key] for key in ("id", "schema", "model", "status")},
        "problems": list(row["problems"]),
        "categories": {
            key: [_item(item) for item in items]
            for key, items in row["categories"].items()
            if items is not None  # of another schema's rows in the same file
        },
        "key": row["key"],
    }


def filtered(
    file: Any, wanted: Callable[[str, str, str], bool], name: PurePosixPath
) -> bytes | None:
    """A shard without its unwanted rows; b"" when none is left, None when all are.

    Raises:
        InputError: it is no shard of a batch.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows = pq.read_table(file, columns=list(_KEYS)).to_pydict()
        keep = [wanted(*row) for row in zip(*(rows[key] for key in _KEYS), strict=True)]
    except (pa.ArrowException, KeyError):
        raise InputError(f"{name} is not one that elmtex batch writes: give another name") from None
    if all(keep):
        return None
    if not any(keep):
        return b""
    file.seek(0)
    return _bytes(pq.read_table(file).filter(pa.array(keep)))


def join(fs: Any, shards: Sequence[str], out: str) -> None:
    """Write shards into one file, a shard in memory at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schemas = []
    for shard in shards:
        with fs.open(shard, "rb") as file:
            schemas.append(pq.read_schema(file))
    # A batch may have been resumed with another category schema.
    schema = (
        pa.unify_schemas(schemas, promote_options="permissive") if schemas else arrow_schema(())
    )
    with (
        fs.open(out, "wb") as target,
        pq.ParquetWriter(target, schema, compression="zstd") as writer,
    ):
        for shard in shards:
            with fs.open(shard, "rb") as file:
                table = pq.read_table(file)
            if table.schema != schema:
                table = pa.concat_tables(
                    [schema.empty_table(), table], promote_options="permissive"
                )
            writer.write_table(table)


def _bytes(table: pa.Table) -> bytes:
    import pyarrow.parquet as pq

    target = io.BytesIO()
    pq.write_table(table, target, compression="zstd")
    return target.getvalue()


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the values of its attributes as JSON: they are of many kinds."""
    categories = {
        key: [
            {**item, "attributes": [_valued(a, json.dumps) for a in item["attributes"]]}
            if "attributes" in item
            else item
            for item in items
        ]
        for key, items in row["categories"].items()
    }
    return {**row, "categories": categories}


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _list(key, value) for key, value in item.items() if value is not None or key in _ALWAYS
    }


def _list(key: str, value: Any) -> Any:
    if key == "codes":
        return [{k: v for k, v in code.items() if v is not None} for code in value]
    if key == "attributes":
        attributes = ({k: v for k, v in a.items() if v is not None or k != "value"} for a in value)
        return [_valued(a, json.loads) for a in attributes]
    return value


def _valued(attribute: Mapping[str, Any], turn: Callable[[Any], Any]) -> dict[str, Any]:
    if "value" not in attribute:
        return dict(attribute)
    return {**attribute, "value": turn(attribute["value"])}
