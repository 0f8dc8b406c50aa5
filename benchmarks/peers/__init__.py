"""The same bare steps in other orchestrators, each in an environment of its own."""
