"""The ways on which messages reach people."""
