"""``cix demo``: a made-up history of many customers, and what cix answers from it."""
