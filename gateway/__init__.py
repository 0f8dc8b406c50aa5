"""The online door: serves what was released, safely and fast, and leaves one event for each request."""
