"""The rooms: facts and rules of one business subject each, pure."""
