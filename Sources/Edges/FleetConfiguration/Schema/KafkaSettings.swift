/// Which of Kafka's settings the operator may write under `kafka:`.
enum KafkaSettings {
    /// Settings that gantry writes itself, each with the reason.
    static let owned: [String: String] = [
        "node.id": "gantry numbers the nodes",
        "broker.id": "gantry numbers the nodes",
        "broker.id.generation.enable": "gantry numbers the nodes",
        "reserved.broker.max.id": "gantry numbers the nodes",
        "process.roles": "brokers and controllers are separate nodes: set cluster.controllers",
        "listeners": "it comes from the host's address and ports",
        "advertised.listeners": "it comes from the host's address and ports",
        "early.start.listeners": "it comes from the host's address and ports",
        "listener.security.protocol.map": "it comes from the host's address and ports",
        "inter.broker.listener.name": "it comes from the host's address and ports",
        "control.plane.listener.name": "it comes from the host's address and ports",
        "controller.listener.names": "it comes from the host's address and ports",
        "controller.quorum.voters": "the quorum is dynamic (KIP-853) and gantry changes it",
        "controller.quorum.bootstrap.servers": "the quorum is dynamic (KIP-853) and gantry changes it",
        "controller.quorum.auto.join.enable": "a controller that was removed would join again",
        "log.dir": "set data of the host",
        "log.dirs": "set data of the host",
        "metadata.log.dir": "set data of the host",
        "cordoned.log.dirs": "gantry cordons a broker while it removes it",
        "broker.rack": "set rack of the host",
        "zookeeper.connect": "ZooKeeper mode \(Schema.later)",
        "zookeeper.metadata.migration.enable": "ZooKeeper mode \(Schema.later)",
        "security.inter.broker.protocol": "security \(Schema.later)",
        "authorizer.class.name": "security \(Schema.later)",
        "super.users": "security \(Schema.later)",
        "allow.everyone.if.no.acl.found": "security \(Schema.later)",
        "leader.replication.throttled.rate": "set move.throttle",
        "follower.replication.throttled.rate": "set move.throttle",
    ]
    private static let securityPrefixes = ["ssl.", "sasl.", "listener.name.", "delegation.token.", "password.encoder."]

    /// Why `name` is not the operator's to set; nil where it is.
    static func reason(against name: String) -> String? {
        if let reason = owned[name] { return reason }
        return securityPrefixes.contains { name.hasPrefix($0) } ? "security \(Schema.later)" : nil
    }

    /// What is probably wrong with a name that Kafka's own settings do not have. Plug-ins bring names of their own:
    /// only one slip away from a known name is taken for a mistake, two for a doubt, anything else for the
    /// operator's knowledge.
    static func slip(in name: String) -> (severity: Diagnostic.Severity, message: String, suggestion: String)? {
        if known.contains(name) { return nil }
        if known.contains("log.\(name)") {
            return (.error, "is a topic's setting; brokers have it under another name", "log.\(name)")
        }
        guard let near = Spelling.nearest(to: Spelling.folded(name), among: foldedNames, within: 2) else { return nil }
        return (near.distance < 2 ? .error : .warning, "is no setting of Kafka's own", near.candidate)
    }

    private static let foldedNames = known.sorted().map { ($0, Spelling.folded($0)) }

    /// Whether the value is one that only the node itself may read.
    static func isSecret(_ name: String) -> Bool {
        let words = name.lowercased().split { ".-_".contains($0) }
        return words.contains { ["password", "secret", "jaas", "token", "credential", "credentials"].contains($0) }
    }
}

extension Scalar where Value == String {
    /// The name of one of Kafka's settings that is the operator's to set.
    static let kafkaName = Scalar("the name of a setting of Kafka") { text throws(WrongValue) in
        guard (1...200).contains(text.utf8.count),
            text.utf8.allSatisfy({ $0.isAlphanumeric || ".-_".utf8.contains($0) })
        else { return nil }
        if let reason = KafkaSettings.reason(against: text) { throw WrongValue("is gantry's own: \(reason)") }
        return text
    }

    /// Any value: Kafka judges it.
    static let kafkaValue = Scalar("a value") { text throws(WrongValue) in
        guard text.utf8.count <= 65_536 else { throw WrongValue("is longer than 64 KiB") }
        guard !text.utf8.contains(0) else { throw WrongValue("has a NUL character") }
        return text
    }
}
