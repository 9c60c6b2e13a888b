// Publishes each line of standard input as a key: node kafkajs.js FOLDER-OF-MODULES BROKER TOPIC
const { createRequire } = require('node:module');
const { readFileSync } = require('node:fs');

const [folder, broker, topic] = process.argv.slice(2);
process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
const { Kafka, logLevel } = createRequire(`${folder}/`)('kafkajs');

async function main() {
  const keys = readFileSync(0, 'utf8').split('\n').filter(Boolean);
  const producer = new Kafka({ brokers: [broker], logLevel: logLevel.ERROR }).producer();
  await producer.connect();
  await producer.send({ topic, messages: keys.map((key) => ({ key, value: 'x' })) });
  await producer.disconnect();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
