// Package kafkatest gives a test package a Kafka broker: Apache Kafka in a container, the same one that is run in
// production, or, outside CI on a machine without Docker, an embedded imitation.
//
// A package starts one broker for all of its tests:
//
//	var broker *kafkatest.Broker
//
//	func TestMain(m *testing.M) { kafkatest.Main(m, &broker) }
//
// Tests share it, so each uses topics and groups of its own (Topic, Unique). A test that stops, kills or pauses the
// broker must not run in parallel with others on it; New gives it one for itself.
package kafkatest
