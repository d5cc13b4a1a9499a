"""Prints every event of an event hub once, as a line of JSON.

    millrace schemas export schemas
    pip install -r requirements.txt
    EVENT_HUBS_CONNECTION_STRING='Endpoint=sb://...' python event_hubs_consumer.py engagement schemas

The connection string needs the claim `Listen`. It begins with the oldest event whenever it is started; with a checkpoint
store (azure-eventhub-checkpointstoreblob) it would go on where it ended.
"""

import argparse
import json
import os

from azure.eventhub import EventHubConsumerClient

from millrace_records import Schemas, Seen


def event_in(message, schemas):
    """The event, with the properties that Millrace put beside it under `properties_of_record`."""
    event = schemas.event(b"".join(message.body))
    return {**event, "properties_of_record": {text(name): text(value) for name, value in message.properties.items()}}


def text(value):
    """Names and texts of properties come as bytes."""
    return value.decode() if isinstance(value, bytes) else value


def main():
    arguments = argparse.ArgumentParser(description="Prints every event of an event hub once, as a line of JSON.")
    arguments.add_argument("hub")
    arguments.add_argument("schemas", help="the folder of millrace schemas export")
    arguments.add_argument("--consumer-group", default="$Default")
    options = arguments.parse_args()

    schemas, seen = Schemas(options.schemas), Seen()

    def on_event(_, message):
        event = event_in(message, schemas)
        if seen.is_new(event):
            print(json.dumps(event, ensure_ascii=False), flush=True)

    client = EventHubConsumerClient.from_connection_string(
        os.environ["EVENT_HUBS_CONNECTION_STRING"], options.consumer_group, eventhub_name=options.hub
    )
    with client:
        client.receive(on_event=on_event, starting_position="-1")


if __name__ == "__main__":
    main()
