"""What the README claims of speed and memory, measured: ratios against a peer in one run, never a timed test."""
