"""Where people come in: conversations handed to them, approvals that they give or refuse, and what users said."""
