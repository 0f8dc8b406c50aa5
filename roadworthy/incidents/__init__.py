"""Incidents: what went wrong, when it was noticed, mitigated and over, and the postmortem's draft."""
