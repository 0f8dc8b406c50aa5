"""The replay: a span of past nights lived again, to see what the watch would have said and done."""
