"""Prompts as code: Markdown with front matter, typed variables, a sandbox, and a version that is a digest."""
