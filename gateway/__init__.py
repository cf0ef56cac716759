"""The gateway: delivers a newsroom's articles under the newsroom's own policies, by where each reader may be."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("newsroom-gateway")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+source"
