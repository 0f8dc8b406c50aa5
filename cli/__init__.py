"""The front door: each command is a few lines that call one function."""
