"""Reports of a Parquet file, one per row, in the columns that :mod:`elmtex.readers.tables` knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from elmtex.readers.tables import TEXT_COLUMNS, broken, column_name, from_row, id_column, no_column
from elmtex.readers.text_files import ReadingError, Report, readable_name
from elmtex.types import MissingDependencyError

_ROWS = 64  # read at once: a report may have 20 MB


def read_parquet(path: Path) -> Iterator[Report]:
    """The reports of a Parquet file's rows, in order, read only when asked for.

    A row that cannot be read becomes a :class:`Report` with a ``problem``; so do, together, the rows after a damaged
    place.

    Raises:
        ReadingError: it is no Parquet file, or has no column of reports; says which it has.
        MissingDependencyError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingDependencyError(
            "Parquet files need pyarrow: pip install 'elmtex[data]'"
        ) from None
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError):
        raise ReadingError(f"{path} is not a Parquet file, or a damaged one", "damaged") from None
    with file:
        names = {column_name(name): name for name in file.schema_arrow.names}
        texts = [names[column] for column in TEXT_COLUMNS if column in names]
        if not texts:
            raise no_column(path, list(names))
        ids = [names[column] for column in (id_column(names),) if column in names]
        number = 0
        try:
            for batch in file.iter_batches(batch_size=_ROWS, columns=[*texts, *ids]):
                for place in range(batch.num_rows):
                    number += 1
                    yield _report(batch.slice(place, 1), path, number)
        except (pa.ArrowException, OSError):
            name = f"{readable_name(path.stem)}:{number + 1}"
            problem = f"{readable_name(path.name)} is damaged from row {number + 1} on"
            yield Report(name, None, problem, note="damaged")


def _report(row: Any, path: Path, number: int) -> Report:
    try:
        (values,) = row.to_pylist()
    except UnicodeDecodeError:  # Arrow does not look what is in a string
        return broken(path, number, "is not UTF-8 text")
    return from_row(values, path, number)
