"""A small bank of our own on SQLite, with fictitious customers: what the help desk's tools act on."""
