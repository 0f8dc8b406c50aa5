"""What the gateway counts of the rows that it predicts: profiles of a day and a release, without contents."""
