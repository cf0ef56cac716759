"""A newsroom's CMS, asked over HTTP/1.1 and with care. This package alone touches aiohttp's client; `client` first."""

from gateway.content.origin.ask import Interim
from gateway.content.origin.care import Care
from gateway.content.origin.client import Origin
from gateway.content.origin.error import Fault, OriginError
from gateway.content.origin.response import StreamedResponse

__all__ = ["Care", "Fault", "Interim", "Origin", "OriginError", "StreamedResponse"]
