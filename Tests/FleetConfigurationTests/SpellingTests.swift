import Testing

@testable import FleetConfiguration

@Suite struct SpellingTests {
    @Test(arguments: [
        ("brokerz", "brokers"), ("borkers", "brokers"), ("broker", "brokers"), ("BROKERS", "brokers"), ("rakc", "rack"),
        ("data_dir", nil), ("", nil), ("x", nil), ("memroy", "memory"), ("hep", "heap"), ("brokers", nil),
    ])
    func `a slip leads to the nearest word, anything else to none`(word: String, meant: String?) {
        #expect(Spelling.nearest(to: word, among: ["brokers", "rack", "heap", "memory", "data"]) == meant)
    }

    @Test func `of two words the nearer one is meant, of equally near ones the first`() {
        #expect(Spelling.nearest(to: "port", among: ["ports", "post", "part"]) == "ports")
        #expect(Spelling.nearest(to: "controler", among: ["controllers", "controller"]) == "controller")
    }

    @Test func `every known setting of Kafka with one slip is found again`() {
        for name in KafkaSettings.known.sorted().prefix(60) {
            let slipped = name + "x"
            #expect(KafkaSettings.slip(in: slipped)?.suggestion != nil)
            #expect(KafkaSettings.slip(in: name) == nil)
        }
        #expect(KafkaSettings.slip(in: "default_replication_factor")?.suggestion == "default.replication.factor")
        #expect(KafkaSettings.slip(in: "defualt.replication.factor")?.severity == .error)
        #expect(KafkaSettings.slip(in: "com.example.reporter.interval") == nil)
    }

    @Test(arguments: [
        ("my.password", true), ("x.sasl.jaas.config", true), ("rest.token.file", true), ("passwords.kept", false),
        ("log.retention.hours", false), ("TRUST_PASSWORD", true), ("secretary", false),
    ])
    func `a secret is known by the words of its name`(name: String, isSecret: Bool) {
        #expect(KafkaSettings.isSecret(name) == isSecret)
    }
}
