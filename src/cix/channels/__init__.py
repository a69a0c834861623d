"""Channel adapters: one module a vendor family, from a payload to drafts; parse, never fetch."""
