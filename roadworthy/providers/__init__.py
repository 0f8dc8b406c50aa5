"""Language models behind one interface: any OpenAI-compatible endpoint, or one that runs inside this process."""
