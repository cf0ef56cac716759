# ruff: noqa: INP001  (one file that is copied into the image, no package)
"""Exit 0 if the gateway in this container may be sent readers, 1 if not; says why on standard output."""

from __future__ import annotations

import http.client
import os
import sys


def main() -> int:
    """Ask /readyz on the admin port, over loopback, within two seconds."""
    port = int(os.environ.get("GATEWAY_ADMIN_PORT", "8081"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        sys.stdout.write(response.read().decode() + "\n")
    except OSError as error:
        sys.stdout.write(f"the admin port does not answer: {error}\n")
        return 1
    finally:
        connection.close()
    return 0 if response.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
