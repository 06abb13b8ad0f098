// KafkaAdmin: see ARCHITECTURE.md.
