"""The registry: MLflow as the people's window on the ledger; it can be lost and rebuilt."""
