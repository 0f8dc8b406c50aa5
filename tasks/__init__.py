"""How each step is done: the only place that meets DVC, MLflow, Great Expectations and S3."""
