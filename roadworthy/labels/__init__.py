"""Labels that come late: what came true of rows that were predicted, kept without content and joined by request."""
