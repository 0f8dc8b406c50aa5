"""The audit log: what was decided, switched, called and blocked, in one chain without contents."""
