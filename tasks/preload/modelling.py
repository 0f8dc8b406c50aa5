"""For the steps that read tables, train and measure."""

import duckdb  # noqa: F401
import openlineage.client.event_v2  # noqa: F401
import pandas  # noqa: F401
import pyarrow.parquet  # noqa: F401
import skops.io  # noqa: F401
import sklearn.compose  # noqa: F401
import sklearn.ensemble  # noqa: F401
import sklearn.metrics  # noqa: F401
