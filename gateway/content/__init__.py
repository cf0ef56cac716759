"""What the newsroom published: articles as values, and where they come from."""
