"""Where tables come from: a folder, the web, S3 or a package index; one file per kind."""
