"""JSON Lines from a Parquet file: one object per row, nested lists and structs kept, absent and NaN as null."""

import base64
import datetime
import decimal
import json
import math
from pathlib import Path

import pyarrow
import pyarrow.parquet

from publish import DATA, ImportFailure, file_aside

_BATCH_ROWS = 1024


def convert(source: Path, target: Path) -> int:
    """Streams `source` into `target`, which appears whole or not at all. Returns the number of rows."""
    rows = 0
    try:
        with pyarrow.parquet.ParquetFile(source) as file, file_aside(target) as output:
            names = file.schema_arrow.names
            repeated = sorted({name for name in names if names.count(name) > 1})
            if repeated:
                raise ImportFailure(DATA, f"{source}: two columns are called '{repeated[0]}'; a JSON row can hold one")
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                for row in batch.to_pylist(maps_as_pydicts="strict"):
                    output.write(json.dumps(_json_value(row, source, rows), ensure_ascii=False, allow_nan=False) + "\n")
                    rows += 1
    except (pyarrow.ArrowException, KeyError, UnicodeError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # The disk's fault; pyarrow's own OSError about damaged pages carries no number.
        raise ImportFailure(DATA, f"{source}, row {rows}: not readable as Parquet: {error}") from error
    return rows


def _json_value(value, source: Path, row: int):
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _null_unless_infinite(value, source, row)
    if isinstance(value, dict):
        return {str(key): _json_value(item, source, row) for key, item in value.items()}
    if isinstance(value, list):
        return [_json_value(item, source, row) for item in value]
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise ImportFailure(DATA, f"{source}, row {row}: a value of type {type(value).__name__} has no JSON form")


def _null_unless_infinite(value: float, source: Path, row: int):
    if math.isnan(value):
        return None
    raise ImportFailure(DATA, f"{source}, row {row}: an infinite number has no JSON form")
