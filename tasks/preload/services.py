"""For the steps that talk to Great Expectations first and to MLflow in the end."""

import great_expectations  # noqa: F401
import openlineage.client.event_v2  # noqa: F401

import mlflow  # noqa: F401  isort: skip  (after what is needed first)
