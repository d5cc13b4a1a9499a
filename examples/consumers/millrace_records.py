"""Turns the records that Millrace writes into events: for the consumers beside this file, and for yours."""

import io
import json
from collections import OrderedDict
from pathlib import Path

import fastavro

# Avro specification, "Single-object encoding": a marker, the fingerprint of the schema, the event.
MARKER = b"\xc3\x01"
FINGERPRINT = slice(2, 10)
BODY = slice(10, None)


class Schemas:
    """The folder that `millrace schemas export FOLDER` has written."""

    def __init__(self, folder):
        self._folder = Path(folder)
        self._types = {}

    def event(self, record):
        """The event in the bytes of a record, with its `event_type`, in both formats of `records.format`."""
        if record[:1] == b"{":
            return json.loads(record)
        if record[:2] != MARKER:
            raise ValueError("this record was not written by Millrace")
        event_type, schema = self._type(record[FINGERPRINT].hex())
        return {"event_type": event_type, **fastavro.schemaless_reader(io.BytesIO(record[BODY]), schema, None)}

    def _type(self, fingerprint):
        if fingerprint not in self._types:
            # Read anew, since schemas may have been exported once more while this runs.
            entry = json.loads((self._folder / "fingerprints.json").read_text()).get(fingerprint)
            if entry is None:
                raise LookupError(f"no schema has the fingerprint {fingerprint}: run millrace schemas export again")
            schema = json.loads((self._folder / entry["file"]).read_text())
            self._types[fingerprint] = entry["eventType"], fastavro.parse_schema(schema)
        return self._types[fingerprint]


class Seen:
    """The ids of the last events. Every event comes at least once, and rarely again: its `id` tells."""

    def __init__(self, most=1_000_000):
        self._most = most
        self._ids = OrderedDict()

    def is_new(self, event):
        if event["id"] in self._ids:
            return False
        self._ids[event["id"]] = None
        if len(self._ids) > self._most:
            self._ids.popitem(last=False)
        return True
