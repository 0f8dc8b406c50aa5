"""When work happens: one file per occasion, each reads like a runbook."""
