"""Benchmarks as commands: `python -m tests.benchmarks`. They print ratios; no test asserts seconds."""
