"""Dashboards: one definition of the panels, from which come the page for the offline look and the files for Grafana."""
