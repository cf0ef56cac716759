"""A shared HTTP cache by RFC 9111, as rules: messages and moments in, verdicts out. Pure, but for its stores.

Read `recall.py` first (may a stored response answer this request?), then `keep.py` (may this response be stored?).
"""
