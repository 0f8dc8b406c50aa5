"""The page at `/`: tries each capability as an application would, through the same API."""
