"""The event store: facts go in under a condition and come out in order; views keep their rows."""

from cix.eventstore.opening import open_store, open_views

__all__ = ["open_store", "open_views"]
