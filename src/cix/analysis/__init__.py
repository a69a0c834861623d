"""The analyst's room: exports, what-if and figures, from the reads of the engine alone."""
