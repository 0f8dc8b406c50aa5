"""The review queue: real queries that went badly wait for a person, who takes them into an evaluation set or not."""
