"""Reads an answer of parley as Arrow from standard input and as Parquet from the
file that is named, and prints what pandas and Polars make of both."""
import sys

import pandas
import polars
import pyarrow.ipc
import pyarrow.parquet

stream = sys.stdin.buffer.read()
for name, table in {
    "arrow": pyarrow.ipc.open_stream(stream).read_all(),
    "parquet": pyarrow.parquet.read_table(sys.argv[1]),
}.items():
    table.validate(full=True)
    for field in table.schema:
        print(name, field.name, field.type, table[field.name].to_pylist())

frame = polars.read_ipc_stream(stream)
assert frame.shape == polars.read_parquet(sys.argv[1]).shape == (2, 13), frame
for column in frame:
    print("polars", column.name, column.dtype, column.to_list())

frame = pandas.read_parquet(sys.argv[1])
print("pandas", frame["instant"].dtype, frame["day"][0], frame["huge"][0])
