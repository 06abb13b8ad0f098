#!/usr/bin/env python3
"""Writes golden.jsonl, records.json and errors.json with kio, an implementation of Kafka's protocol that is
independent of this project.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install kio==0.6.5
    /tmp/golden/bin/python Tests/KafkaProtocolTests/Fixtures/make_golden.py

golden.jsonl: one line a message, version and kind. Versions: the lowest, the highest, and each whose layout differs
from the one before. Kinds: "full" (every field set, two elements an array of the message, one further in) with the
values, and "bare" (null where there may be null, else zero or empty).
"""

import dataclasses
import datetime
import importlib
import io
import itertools
import json
import pathlib
import pkgutil
import re
import types
import typing
import uuid

from crc32c import crc32c

import kio.schema
from kio.records.schema import NewRecordBatch, Record, RecordHeader
from kio.records.writers import write_new_batch
from kio.schema.errors import ErrorCode
from kio.serial import entity_writer
from kio.static.primitive import i8, i16, i32, i64

HERE = pathlib.Path(__file__).parent
APIS = """
    ApiVersions Metadata Produce Fetch ListOffsets CreateTopics DeleteTopics CreatePartitions DescribeConfigs
    IncrementalAlterConfigs AlterReplicaLogDirs DescribeLogDirs ElectLeaders AlterPartitionReassignments
    ListPartitionReassignments DescribeQuorum UpdateFeatures DescribeCluster UnregisterBroker DescribeTopicPartitions
    ListConfigResources AddRaftVoter RemoveRaftVoter SaslHandshake SaslAuthenticate FindCoordinator ListGroups
    DescribeGroups OffsetFetch DescribeUserScramCredentials AlterUserScramCredentials CreateAcls DescribeAcls DeleteAcls
    DeleteGroups DescribeProducers
""".split()
# kio has no UnregisterController yet; its layout is that of UnregisterBroker.
SAME_LAYOUT = {"UnregisterController": ("UnregisterBroker", {"broker_id": "controller_id"})}


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Values:
    """Distinct values of each type, and what a test should find."""

    def __init__(self, full):
        self.full = full
        self.counter = itertools.count(1)

    def primitive(self, kafka_type, optional, tagged):
        n = next(self.counter)
        bare = not self.full
        if bare and optional and not tagged:
            return None, None
        match kafka_type:
            case "bool":
                return self.full, self.full
            case "error_code":
                code = ErrorCode.none if bare else list(ErrorCode)[n % len(ErrorCode)]
                return code, int(code)
            case "uuid":
                value = None if bare else uuid.UUID(int=n << 64 | n * 0x0101010101)
                return value, None if value is None else value.hex
            case "string":
                value = "" if bare else f"välue-{n}"
                return value, value
            case "bytes" | "records":
                value = b"" if bare else bytes([n % 256, 0, 255])
                return value, value.hex()
            case "timedelta_i32" | "timedelta_i64":
                return datetime.timedelta(milliseconds=0 if bare else n), 0 if bare else n
            case "datetime_i64":
                epoch = datetime.datetime.fromtimestamp(0, tz=datetime.timezone.utc)
                return epoch + datetime.timedelta(milliseconds=0 if bare else n), 0 if bare else n
            case "int8":
                value = -(n % 100)
            case "int16":
                value = -200 - n
            case "uint16":
                value = 60000 + n
            case "int32":
                value = -70000 - n
            case "int64":
                value = -5_000_000_000 - n
            case _:
                raise NotImplementedError(kafka_type)
        value = 0 if bare else value
        return value, value

    def entity(self, kind, depth=0):
        arguments, expected = {}, {}
        for field in dataclasses.fields(kind):
            hints = typing.get_type_hints(kind)
            value, shown = self.field(hints[field.name], field, depth)
            arguments[field.name] = value
            expected[field.name] = shown
        return kind(**arguments), expected

    def field(self, hint, field, depth):
        options = typing.get_args(hint) if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union else (hint,)
        optional = type(None) in options
        hint = next(option for option in options if option is not type(None))
        tagged = "tag" in field.metadata
        kafka_type = field.metadata.get("kafka_type")
        if typing.get_origin(hint) is tuple:
            if not self.full:
                return (None, None) if optional and not tagged else ((), [])
            element = typing.get_args(hint)[0]
            count = 2 if depth == 0 else 1
            pairs = [
                self.entity(element, depth + 1) if dataclasses.is_dataclass(element) else self.primitive(kafka_type, False, False)
                for _ in range(count)
            ]
            return tuple(value for value, _ in pairs), [shown for _, shown in pairs]
        if dataclasses.is_dataclass(hint):
            if not self.full and optional:
                return None, None
            return self.entity(hint, depth + 1)
        return self.primitive(kafka_type, optional, tagged)


def layout(kind):
    """What a version's layout depends on."""
    shape = [kind.__flexible__]
    for field in dataclasses.fields(kind):
        hint = typing.get_type_hints(kind)[field.name]
        inner = [layout(option) for option in nested(hint)]
        shape.append((field.name, str(hint) if not inner else "None" in str(hint), str(field.metadata), inner))
    return repr(shape)


def nested(hint):
    if dataclasses.is_dataclass(hint):
        return [hint]
    return [found for argument in typing.get_args(hint) for found in nested(argument)]


def renamed(values, names):
    return {names.get(key, key): value for key, value in values.items()}


def golden():
    sources = {name: (name, {}) for name in APIS} | SAME_LAYOUT
    for api, (source, names) in sources.items():
        package = importlib.import_module(f"kio.schema.{snake(source)}")
        versions = sorted(int(module.name[1:]) for module in pkgutil.iter_modules(package.__path__))
        for kind in ("Request", "Response"):
            before = None
            for version in versions:
                module = importlib.import_module(f"{package.__name__}.v{version}.{kind.lower()}")
                entity = getattr(module, f"{source}{kind}")
                shape = layout(entity)
                if shape == before and version != versions[-1]:
                    continue
                before = shape
                for full in (True, False):
                    value, expected = Values(full).entity(entity)
                    with io.BytesIO() as buffer:
                        entity_writer(entity)(buffer, value)
                        line = {"message": api + kind, "version": version, "hex": buffer.getvalue().hex()}
                    if full:
                        line["values"] = renamed(expected, names)
                    yield line


def records():
    def at(milliseconds):
        epoch = datetime.datetime.fromtimestamp(0, tz=datetime.timezone.utc)
        return epoch + datetime.timedelta(milliseconds=milliseconds)

    def batch(rows):
        made = tuple(
            Record(
                attributes=i8(0), timestamp=at(row["timestamp"]), offset=i64(index),
                key=None if row["key"] is None else bytes.fromhex(row["key"]),
                value=None if row["value"] is None else bytes.fromhex(row["value"]),
                headers=tuple(
                    RecordHeader(key=key.encode(), value=None if value is None else bytes.fromhex(value))
                    for key, value in row["headers"]))
            for index, row in enumerate(rows))
        with io.BytesIO() as buffer:
            write_new_batch(buffer, NewRecordBatch(
                producer_id=i64(-1), producer_epoch=i16(-1), partition_leader_epoch=i32(-1), base_sequence=i32(-1),
                records=made, attributes=i16(0)))
            return {"records": rows, "hex": buffer.getvalue().hex()}

    def row(timestamp, key, value, headers=()):
        return {
            "timestamp": timestamp, "key": None if key is None else key.hex(),
            "value": None if value is None else value.hex(), "headers": [list(header) for header in headers]}

    start = 1_764_000_000_000
    return {
        "batches": [
            batch([row(start, None, b"canary")]),
            batch([row(start, b"k", None), row(start + 70_000, b"", b"", [("h", "00ff"), ("ü", None)])]),
            batch([row(start + index * 1000, bytes([index]), bytes(index * 3)) for index in range(40)]),
        ],
        "checksums": [
            {"hex": data.hex(), "crc32c": crc32c(data)}
            for data in (bytes(range(7, 7 + size)) for size in (0, 1, 3, 7, 8, 9, 15, 16, 17, 63, 100))
        ],
    }


def errors():
    return [{"code": int(code), "name": code.name.upper(), "retriable": code.retriable} for code in ErrorCode]


if __name__ == "__main__":
    def lines(rows):
        return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)

    (HERE / "golden.jsonl").write_text(lines(golden()))
    (HERE / "records.json").write_text(json.dumps(records(), separators=(",", ":")) + "\n")
    (HERE / "errors.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in errors()) + "\n]\n")
