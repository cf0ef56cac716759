"""Where a reader may be: client address, witnesses, territories, regions and standings."""
