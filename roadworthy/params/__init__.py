"""The parameters that change the answer: params.yaml, typed and closed, loaded once at a door."""
