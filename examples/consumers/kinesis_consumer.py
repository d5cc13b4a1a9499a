"""Prints every event of a Kinesis stream once, as a line of JSON.

    millrace schemas export schemas
    pip install -r requirements.txt
    python kinesis_consumer.py engagement schemas

Credentials and region are those of boto3 (AWS_PROFILE, AWS_DEFAULT_REGION, ...). It begins with the oldest record whenever it is
started, and takes the shards as they are at its start; the Kinesis Client Library remembers how far it came and follows
when the stream is resharded. Records of `aggregation: kpl` are unpacked.
"""

import argparse
import base64
import json
import time

import boto3
from aws_kinesis_agg.deaggregator import iter_deaggregate_records

from millrace_records import Schemas, Seen


def records(kinesis, stream, follow):
    """The records of all shards, in the order of each shard: up to now, or for ever."""
    iterators = [oldest(kinesis, stream, shard) for shard in shards(kinesis, stream)]
    while iterators:
        answers = [kinesis.get_records(ShardIterator=iterator) for iterator in iterators]
        for answer in answers:
            yield from answer["Records"]
        # A shard that was closed has no next iterator.
        iterators = [
            answer["NextShardIterator"]
            for answer in answers
            if answer.get("NextShardIterator") and (follow or answer["MillisBehindLatest"] > 0)
        ]
        # A shard may be read five times a second, by all its readers together.
        time.sleep(1 if follow else 0.2)


def shards(kinesis, stream):
    pages = kinesis.get_paginator("list_shards").paginate(StreamName=stream)
    return [shard["ShardId"] for page in pages for shard in page["Shards"]]


def oldest(kinesis, stream, shard):
    answer = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    return answer["ShardIterator"]


def unpacked(records):
    """The bytes of each record, and of each record inside an aggregated one."""
    for record in iter_deaggregate_records(records, data_format="Boto3"):
        data = record["kinesis"]["data"]
        # The library gives what it took out of an aggregated record in base64.
        yield base64.b64decode(data) if record["kinesis"].get("aggregated") else data


def main():
    arguments = argparse.ArgumentParser(description="Prints every event of a Kinesis stream once, as a line of JSON.")
    arguments.add_argument("stream")
    arguments.add_argument("schemas", help="the folder of millrace schemas export")
    arguments.add_argument("--endpoint", help="of an emulator")
    arguments.add_argument("--once", action="store_true", help="what is there now, then end")
    options = arguments.parse_args()

    kinesis = boto3.client("kinesis", endpoint_url=options.endpoint)
    schemas, seen = Schemas(options.schemas), Seen()
    for data in unpacked(records(kinesis, options.stream, follow=not options.once)):
        event = schemas.event(data)
        if seen.is_new(event):
            print(json.dumps(event, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
