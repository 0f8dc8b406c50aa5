"""Models: how an estimator is built, kept as canonical bytes, and checked wherever it is loaded."""
