"""Guards: what goes in and out of an assistant is looked at, one guard a file, each with a verdict."""
