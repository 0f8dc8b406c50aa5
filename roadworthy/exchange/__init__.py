"""The one exchange: guard, prompt, retrieve, model, tools, guard; served, evaluated and compared as it is here."""
