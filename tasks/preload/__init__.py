"""What each worker process imports while it waits for its turn."""
