"""Chains of sealed entries in a store: added to by many, changed by nobody; the ledger and the audit log are such."""
