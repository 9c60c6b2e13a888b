"""What became of one event at Kafka, and what follows from it."""

import enum
from dataclasses import dataclass

from confluent_kafka import KafkaError


class Verdict(enum.Enum):
    """What the relay does next."""

    PUBLISHED = "published"
    # Kafka will never take this record: it waits for a person, and blocks nothing.
    PARK = "park"
    # This record failed for a reason that may be its own: it is tried again later, then parked.
    LATER = "later"
    # Kafka is not to be reached: the whole relay waits, no row is touched.
    WAIT = "wait"
    # Kafka refuses us: as above, and a person has to see to it.
    REFUSED = "refused"
    # The producer is of no more use: the process ends, and its supervisor starts a new one.
    FATAL = "fatal"


@dataclass(frozen=True, slots=True)
class Report:
    """Kafka's answer for one event."""

    verdict: Verdict
    reason: str = ""
    partition: int | None = None
    offset: int | None = None


_PARK = {
    KafkaError.MSG_SIZE_TOO_LARGE,
    KafkaError.RECORD_LIST_TOO_LARGE,
    KafkaError.INVALID_RECORD,
    KafkaError._INVALID_ARG,
}
_REFUSED = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError._AUTHENTICATION,
    KafkaError._SSL,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.TOPIC_EXCEPTION,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError._UNKNOWN_PARTITION,
}
_WAIT = {
    KafkaError._MSG_TIMED_OUT,
    KafkaError._TIMED_OUT,
    KafkaError._TIMED_OUT_QUEUE,
    KafkaError._TRANSPORT,
    KafkaError._RESOLVE,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._PURGE_QUEUE,
    KafkaError._PURGE_INFLIGHT,
    KafkaError._QUEUE_FULL,
    KafkaError._DESTROY,
    KafkaError.BROKER_NOT_AVAILABLE,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.KAFKA_STORAGE_ERROR,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NETWORK_EXCEPTION,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.REPLICA_NOT_AVAILABLE,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.NOT_ENOUGH_REPLICAS,
    KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    KafkaError.THROTTLING_QUOTA_EXCEEDED,
}


def refused(error: KafkaError) -> bool:
    """Reports whether the error is one that only a person can end."""
    return error.code() in _REFUSED


def judge(error: KafkaError) -> Report:
    """Decides on a record that Kafka did not take."""
    reason = error.name()
    if error.fatal():
        return Report(Verdict.FATAL, reason)
    if error.code() in _PARK:
        return Report(Verdict.PARK, reason)
    if error.code() in _REFUSED:
        return Report(Verdict.REFUSED, reason)
    if error.code() in _WAIT or error.retriable():
        return Report(Verdict.WAIT, reason)
    return Report(Verdict.LATER, reason)
