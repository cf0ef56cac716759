"""What the operator sets, read from three places and validated at once at start."""

from gateway.settings.loading import load_settings
from gateway.settings.model import PREFIX, SECRETS, Settings

__all__ = ["PREFIX", "SECRETS", "Settings", "load_settings"]
