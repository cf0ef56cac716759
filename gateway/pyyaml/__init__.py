"""YAML as people mean it: read strictly, with the place of everything, and turned into typed values.

The only package that touches PyYAML. `read` and `split_front_matter` give nodes; `Fields` reads a mapping's values and
collects every problem instead of stopping at the first.
"""

from __future__ import annotations

from gateway.pyyaml.fields import Fields, nearest
from gateway.pyyaml.reading import MAX_BYTES, Node, YamlError, decode, read, split_front_matter

__all__ = ["MAX_BYTES", "Fields", "Node", "YamlError", "decode", "nearest", "read", "split_front_matter"]
