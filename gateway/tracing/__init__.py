"""One trace for each request, for whoever collects traces by OpenTelemetry; figures and names, no contents."""
