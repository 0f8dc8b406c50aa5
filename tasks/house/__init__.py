"""The house: everything that Roadworthy runs on one machine, kept up by one process."""
