"""What served requests leave behind: exactly one event each, without content unless the policy says so."""
