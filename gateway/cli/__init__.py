"""The command `gateway`: one module a family of verbs; no rules inside."""
