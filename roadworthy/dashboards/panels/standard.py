"""All dashboards, in the order in which they are shown."""

from __future__ import annotations

from roadworthy.dashboards.panels.latency_and_cost import LATENCY_AND_COST
from roadworthy.dashboards.panels.quality import QUALITY
from roadworthy.dashboards.panels.safety import SAFETY
from roadworthy.dashboards.panels.traffic import TRAFFIC

DASHBOARDS = (TRAFFIC, LATENCY_AND_COST, QUALITY, SAFETY)
