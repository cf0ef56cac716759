"""What the newsroom decided: policies, regions and notices, read, checked, and applied as pure functions."""
