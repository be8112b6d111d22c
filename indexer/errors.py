"""The errors this product raises on purpose.

    FindingsError
    ├── ConfigError         a setting is unknown, has the wrong type, or names something that is not there
    ├── ReadError           a file cannot be read as a document; the reason is meant for a person
    ├── IndexUnavailable    no index is there, or its store cannot be reached
    ├── IndexMismatch       an index is there but does not fit: other model, dimension, version, or damaged
    ├── QueryError          a query or filter cannot be answered as asked
    ├── NotFoundError       no document or finding has this id
    ├── SourceError         a document's source file is gone, is not what was indexed, or cannot be shown
    └── BusyError           more is asked for at the same time than can be done

Each message is one line that names the thing, the value and the way out.
"""


class FindingsError(Exception):
    """Root of all errors raised on purpose."""


class ConfigError(FindingsError):
    """A setting cannot be used."""


class ReadError(FindingsError):
    """A file cannot be read as a document."""


class IndexUnavailable(FindingsError):
    """No index is there to answer from."""


class IndexMismatch(FindingsError):
    """An index is there, and this program cannot use it."""


class QueryError(FindingsError):
    """A query cannot be answered as asked."""


class NotFoundError(FindingsError):
    """No document or finding has this id."""


class SourceError(FindingsError):
    """The source file of a document cannot be shown as it was indexed."""


class BusyError(FindingsError):
    """Too much is asked for at the same time."""
