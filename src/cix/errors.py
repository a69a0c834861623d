"""Every exception cix raises.

    CixError
    ├── DomainError               the history or the arguments forbid it
    │   ├── RuleBrokenError           a rule of the business refused (rule, entity, key)
    │   ├── NotFoundError             what was named does not exist
    │   ├── InvalidArgumentError      an argument is not of the decision's signature
    │   ├── NaiveInstantError         an instant without an offset
    │   ├── InvalidPolicyError        a policy or calendar that cannot be meant
    │   └── DuplicateRequestError     one request id, two different bodies
    ├── ConflictError             someone wrote inside the boundary first; retryable
    ├── EventStoreError
    │   ├── StoreClosedError
    │   ├── StoreUnavailableError     locked, read-only, full, unreachable; retryable
    │   │   ├── ContendedError            other transactions came first, time after time
    │   │   ├── DisconnectedError         the connection broke while it was used
    │   │   └── UnreachableError          no connection was to be had
    │   ├── OutcomeUnknownError       the driver failed between commit and its answer
    │   ├── CorruptionError           the stored bytes are not what was written
    │   ├── SchemaError               the store's schema is newer, older or not cix's
    │   └── UnsupportedByStoreError   this recorder cannot do that
    ├── CodecError
    │   ├── UnknownFactError          a stored word the catalogue does not hold
    │   └── MalformedFactError        bytes, JSON or a value that is no such fact
    ├── ProjectionError           a view could not take a fact
    ├── UnknownViewError          no view of that name
    ├── ViewsBehindError          it is recorded, but the views could not follow
    ├── ConfigError               a URL, option or file that cannot be used
    │   └── MissingExtraError         an optional package is not installed
    └── ChannelError
        ├── MalformedPayloadError     the bytes are not the vendor's format
        └── SignatureError            the payload is not from the vendor

Every class has a stable code ``CIX-nnn`` and says what was found, where, and what to do.
Fields are positional, so that each error can be pickled and sent to another process.
"""

from __future__ import annotations

from typing import ClassVar

import attrs


class CixError(Exception):
    """The root: ``except CixError`` catches whatever cix raises on purpose."""

    code: ClassVar[str] = "CIX-000"
    retryable: ClassVar[bool] = False


class DomainError(CixError):
    """The history, or what was asked of it, forbids the decision. Nothing was written."""

    code = "CIX-100"
    rule = "refused"


@attrs.define(slots=False)
class RuleBrokenError(DomainError):
    """A rule of the business refused: *rule* is a stable word, *because* is for people."""

    rule: str
    entity: str
    key: str
    because: str = ""
    code: ClassVar[str] = "CIX-101"

    def __str__(self) -> str:
        return f"{self.entity} {self.key}: {self.because or self.rule} ({self.rule})"


@attrs.define(slots=False)
class NotFoundError(DomainError):
    """What the decision or the reader named does not exist."""

    entity: str
    key: str
    rule: str = "not_found"
    code: ClassVar[str] = "CIX-102"

    def __str__(self) -> str:
        return f"there is no {self.entity} {self.key!r} ({self.rule}); check the id"


@attrs.define(slots=False)
class InvalidArgumentError(DomainError):
    """An argument is missing, unknown or of another type than the signature says."""

    where: str
    argument: str
    expected: str
    found: str
    code: ClassVar[str] = "CIX-103"
    rule = "invalid_argument"

    def __str__(self) -> str:
        return f"{self.where}: {self.argument} must be {self.expected}, found {self.found}"


@attrs.define(slots=False)
class NaiveInstantError(DomainError):
    """An instant came without an offset, so it names no instant."""

    argument: str
    found: str
    code: ClassVar[str] = "CIX-104"
    rule = "naive_instant"

    def __str__(self) -> str:
        return (
            f"{self.argument}: {self.found} has no offset; "
            "write an instant such as 2024-03-01T10:00:00+08:00 or 2024-03-01T02:00:00Z"
        )


@attrs.define(slots=False)
class InvalidPolicyError(DomainError):
    """A policy, calendar or programme that contradicts itself or cannot be meant."""

    kind: str
    where: str
    problem: str
    hint: str = ""
    code: ClassVar[str] = "CIX-105"
    rule = "invalid_policy"

    def __str__(self) -> str:
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.kind} policy, {self.where}: {self.problem}{hint}"


@attrs.define(slots=False)
class DuplicateRequestError(DomainError):
    """One request id was used for two different bodies (decision, key, arguments)."""

    request: str
    asked: str
    code: ClassVar[str] = "CIX-106"
    rule = "idempotency_conflict"

    def __str__(self) -> str:
        answered = f"request {self.request!r} was answered for another body than {self.asked}"
        return f"{answered}; use a new id for a new request"


@attrs.define(slots=False)
class ConflictError(CixError):
    """Someone wrote inside the boundary first: read, fold and decide again."""

    query: str
    after: int
    found: int
    code: ClassVar[str] = "CIX-200"
    retryable: ClassVar[bool] = True

    def __str__(self) -> str:
        found = f"position {self.found} matches {self.query} and came after {self.after}"
        return f"{found}; read again, decide again"


class EventStoreError(CixError):
    """The event store could not do what was asked."""

    code = "CIX-300"


@attrs.define(slots=False)
class StoreClosedError(EventStoreError):
    """The store, or the engine on it, was closed."""

    url: str
    code: ClassVar[str] = "CIX-301"

    def __str__(self) -> str:
        return f"{self.url} is closed; open it again"


@attrs.define(slots=False)
class StoreUnavailableError(EventStoreError):
    """The store is locked, read-only, full or out of reach. Nothing was written."""

    url: str
    reason: str
    hint: str
    code: ClassVar[str] = "CIX-302"
    retryable: ClassVar[bool] = True

    def __str__(self) -> str:
        return f"{self.url}: {self.reason}; {self.hint}"


class ContendedError(StoreUnavailableError):
    """The database gave way to other transactions, time after time. Nothing was written."""

    code: ClassVar[str] = "CIX-307"


class DisconnectedError(StoreUnavailableError):
    """The connection broke while it was used, and was given up."""

    code: ClassVar[str] = "CIX-308"


class UnreachableError(StoreUnavailableError):
    """No connection to the database was to be had. Nothing was written."""

    code: ClassVar[str] = "CIX-309"


@attrs.define(slots=False)
class OutcomeUnknownError(EventStoreError):
    """The connection broke at the commit and the store could not be asked afterwards."""

    url: str
    event_ids: tuple[str, ...]
    code: ClassVar[str] = "CIX-303"
    retryable: ClassVar[bool] = True

    def __str__(self) -> str:
        return (
            f"{self.url}: the connection was lost at the commit of {len(self.event_ids)} event(s), "
            f"first {self.event_ids[0] if self.event_ids else '-'}; "
            "repeat the request with the same id, it has one effect"
        )


@attrs.define(slots=False)
class CorruptionError(EventStoreError):
    """What is stored is not what was written."""

    position: int
    expected: str
    found: str
    code: ClassVar[str] = "CIX-304"

    def __str__(self) -> str:
        difference = f"expected {self.expected}, found {self.found}"
        return f"position {self.position}: {difference}; restore from a backup and compare"


@attrs.define(slots=False)
class SchemaError(EventStoreError):
    """The store's schema is newer or older than this cix, or is not cix's at all."""

    url: str
    found: str
    expected: str
    hint: str
    code: ClassVar[str] = "CIX-305"

    def __str__(self) -> str:
        return f"{self.url}: schema {self.found}, this cix needs {self.expected}; {self.hint}"


@attrs.define(slots=False)
class UnsupportedByStoreError(EventStoreError):
    """This recorder stores type, tags and bytes only and cannot do what was asked."""

    store: str
    operation: str
    hint: str
    code: ClassVar[str] = "CIX-306"

    def __str__(self) -> str:
        return f"{self.store} cannot {self.operation}; {self.hint}"


class CodecError(CixError):
    """A fact could not be written as bytes or read back."""

    code = "CIX-400"


@attrs.define(slots=False)
class UnknownFactError(CodecError):
    """A stored word, or a version of it, that the catalogue does not hold."""

    name: str
    version: int
    position: int
    code: ClassVar[str] = "CIX-401"

    def __str__(self) -> str:
        at = f" at position {self.position}" if self.position else ""
        missing = f"no fact {self.name!r} version {self.version}{at} in the catalogue"
        return f"{missing}; add its class, or an upcaster for an old version"


@attrs.define(slots=False)
class MalformedFactError(CodecError):
    """Bytes, a JSON line or a Python value that is no such fact."""

    name: str
    where: str
    problem: str
    code: ClassVar[str] = "CIX-402"

    def __str__(self) -> str:
        return f"{self.name} ({self.where}): {self.problem}"


@attrs.define(slots=False)
class ProjectionError(CixError):
    """A view could not take a fact; its key is parked until it is retried."""

    projection: str
    position: int
    fact: str
    problem: str
    code: ClassVar[str] = "CIX-500"

    def __str__(self) -> str:
        failed = f"{self.projection} at position {self.position} ({self.fact}): {self.problem}"
        return f"{failed}; mend the handler and retry the parked key"


@attrs.define(slots=False)
class UnknownViewError(CixError):
    """No view of that name is open on this engine."""

    projection: str
    known: tuple[str, ...]
    code: ClassVar[str] = "CIX-501"

    def __str__(self) -> str:
        return f"no view {self.projection!r}; there are {', '.join(self.known)}"


@attrs.define(slots=False)
class ViewsBehindError(CixError):
    """What was asked is recorded for good, but views or reactions could not follow it yet.

    Asking again is no way out, but for a request with an id, which has one effect.
    """

    position: int
    reason: str
    code: ClassVar[str] = "CIX-502"

    def __str__(self) -> str:
        recorded = f"recorded at position {self.position}, but the views could not follow"
        return f"{recorded} ({self.reason}); they catch up with the next request or cix work"


@attrs.define(slots=False)
class ConfigError(CixError):
    """A URL, an option or a file that cannot be used."""

    what: str
    found: str
    hint: str
    code: ClassVar[str] = "CIX-600"

    def __str__(self) -> str:
        return f"{self.what}: {self.found}; {self.hint}"


class MissingExtraError(ConfigError):
    """An optional package is not installed."""

    code: ClassVar[str] = "CIX-601"


class ChannelError(CixError):
    """A vendor's payload could not be taken."""

    code = "CIX-700"


@attrs.define(slots=False)
class MalformedPayloadError(ChannelError):
    """The bytes are not the vendor's format."""

    channel: str
    path: str
    reason: str
    code: ClassVar[str] = "CIX-701"

    def __str__(self) -> str:
        return f"{self.channel} payload at {self.path}: {self.reason}"


@attrs.define(slots=False)
class SignatureError(ChannelError):
    """The payload does not carry a valid signature of the vendor."""

    channel: str
    reason: str
    code: ClassVar[str] = "CIX-702"

    def __str__(self) -> str:
        return f"{self.channel}: {self.reason}; the payload was not taken"
