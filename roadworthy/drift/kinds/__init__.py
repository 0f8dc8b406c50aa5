"""The six kinds of drift: features, labels, topics, prompts, tool outputs and retrieval, each with its culprits."""
