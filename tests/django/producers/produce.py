"""Publishes each line of standard input as a key: produce.py CLIENT BROKER TOPIC."""

import asyncio
import sys
from typing import Any


def librdkafka(broker: str, topic: str, keys: list[bytes], **settings: Any) -> None:
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": broker, **settings})
    for key in keys:
        producer.produce(topic, key=key, value=b"x")
    if producer.flush(60):
        raise SystemExit("not acknowledged")


def package(broker: str, topic: str, keys: list[bytes]) -> None:
    from appointment_notifications.conf import Config
    from appointment_notifications.kafka import producer_config

    settings = producer_config(Config(EVENT_BUILDER="", KAFKA={"bootstrap.servers": broker}))
    librdkafka(broker, topic, keys, **settings)


def kafka_python(broker: str, topic: str, keys: list[bytes]) -> None:
    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers=broker)
    for sent in [producer.send(topic, key=key, value=b"x") for key in keys]:
        sent.get(60)
    producer.close()


def aiokafka(broker: str, topic: str, keys: list[bytes]) -> None:
    from aiokafka import AIOKafkaProducer

    async def main() -> None:
        async with AIOKafkaProducer(bootstrap_servers=broker) as producer:
            await asyncio.gather(*[producer.send_and_wait(topic, key=key, value=b"x") for key in keys])

    asyncio.run(main())


CLIENTS = {
    "package": package,
    "librdkafka": librdkafka,
    "librdkafka-murmur2": lambda *args: librdkafka(*args, partitioner="murmur2_random"),
    "kafka-python": kafka_python,
    "aiokafka": aiokafka,
}

if __name__ == "__main__":
    client, broker, topic = sys.argv[1:]
    CLIENTS[client](broker, topic, sys.stdin.buffer.read().split())
