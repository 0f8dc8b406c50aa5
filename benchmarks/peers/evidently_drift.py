"""Evidently's default drift report of two Parquet files; runs in an environment of Evidently's own.

`python evidently_drift.py REFERENCE NIGHT` prints seconds and memory as JSON.
"""

import json
import resource
import sys
import time

begun = time.perf_counter()
import pandas  # noqa: E402
from evidently import Report  # noqa: E402
from evidently.presets import DataDriftPreset  # noqa: E402

imported = time.perf_counter()
reference, night = (pandas.read_parquet(path) for path in sys.argv[1:3])
result = Report([DataDriftPreset()]).run(night, reference).dict()
print(
    json.dumps(
        {
            "import, s": round(imported - begun, 2),
            "report, s": round(time.perf_counter() - imported, 2),
            "memory, MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "metrics": len(result["metrics"]),
        }
    )
)
