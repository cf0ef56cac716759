"""The self-test: what is set up, what it means for readers, what to do. Pure; the command gathers the facts."""
