// KafkaProtocol: see ARCHITECTURE.md.
