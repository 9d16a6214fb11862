"""Tables as Parquet, for those who installed the extra `parquet`."""

from __future__ import annotations

import io
from importlib.util import find_spec
from typing import Final

from lab.report.tables import Table

HOW_TO_GET: Final = (
    "Parquet too: pipx inject scalability-lab pyarrow (or: pip install 'scalability-lab[parquet]')"
)


def is_available() -> bool:
    """Say whether the extra is installed."""
    return find_spec("pyarrow") is not None


def parquet_bytes(table: Table) -> bytes:
    """Return a table as one Parquet file; a column that is empty throughout is text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {}
    for name in table.columns:
        values = [row[name] for row in table.rows]
        kinds = {type(value) for value in values if value is not None}
        if not kinds:
            columns[name] = pa.array(values, type=pa.string())
        elif kinds <= {int, float}:
            columns[name] = pa.array(values, type=pa.float64() if float in kinds else pa.int64())
        elif len(kinds) == 1:
            columns[name] = pa.array(values)
        else:
            columns[name] = pa.array(
                [None if value is None else str(value) for value in values], type=pa.string()
            )
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()
