import FleetModel

extension FleetResolver {
    /// The first version whose controller quorum can change while it runs (KIP-853), which gantry builds on.
    private static let dynamicQuorum = KafkaVersion(major: 3, minor: 9, patch: 0)

    mutating func checkCluster() {
        let cluster = draft.cluster
        if let mode = cluster.mode, mode.value == .zookeeper {
            fail(mode, "ZooKeeper \(Schema.later): write mode: kraft")
        } else if let version = cluster.version, version.value < Self.dynamicQuorum {
            fail(
                version,
                "Kafka \(version.value) has no controller quorum that can change while it runs (KIP-853): take "
                    + "\(Self.dynamicQuorum) or later")
        }
        if let transport = cluster.transport, transport.value == .local, let hosts = draft.virthosts?.value.count,
            hosts > 1
        {
            fail(transport, "local means this machine alone, and virthosts lists \(hosts): write ssh")
        }
        if let controllers = cluster.controllers, controllers.value % 2 == 0 {
            warn(
                controllers,
                "\(controllers.value) controllers survive no more failures than \(controllers.value - 1): take an odd "
                    + "number")
        }
        if let image = cluster.image, let version = cluster.version, let tag = Self.version(ofTag: image.value),
            tag != version.value
        {
            warn(image, "the image's tag says Kafka \(tag), and version says \(version.value)")
        }
    }

    mutating func checkSMTP() { checkLogin(draft.notify.smtp.user, draft.notify.smtp.passwordFile) }

    mutating func checkRegistry() { checkLogin(draft.cluster.registry.user, draft.cluster.registry.passwordFile) }

    private mutating func checkLogin(_ user: Placed<String>?, _ passwordFile: Placed<String>?) {
        if let user, passwordFile == nil { fail(user, "a login needs its password: write password_file") }
        if let passwordFile, user == nil { fail(passwordFile, "a password needs its login: write user") }
    }

    /// `4.3.1` of `gantry/kafka:4.3.1-jre21`; nil where the tag begins with no version.
    private static func version(ofTag image: String) -> KafkaVersion? {
        let name = image.split(separator: "@", omittingEmptySubsequences: false)[0]
        guard let colon = name.lastIndex(of: ":"), !name[colon...].contains("/") else { return nil }
        return KafkaVersion(name[colon...].dropFirst().prefix { $0.isNumber || $0 == "." })
    }

    /// Replication that the planned brokers cannot carry is refused before anything is made: Kafka itself would only
    /// complain at the first topic.
    mutating func checkKafka(_ hosts: [ResolvedHost]) {
        // A wrong host or number of brokers is one mistake, not also one of everything that is counted from it.
        let isUncertain = diagnostics.all.contains { mistake in
            mistake.severity == .error
                && (mistake.path.hasPrefix("virthosts") || mistake.path.hasSuffix(".brokers"))
        }
        let isAutomatic = hosts.contains { $0.brokers.value == HostSpecification.automatic }
        guard !hosts.isEmpty, !isUncertain, !isAutomatic else { return }
        let brokers = hosts.reduce(0) { $0 + $1.brokers.value }
        let racks = Set(hosts.map(\.rack)).count
        let factor = checkedFactor("default.replication.factor", brokers: brokers)
        checkMinimum("min.insync.replicas", factor: factor, factorName: "default.replication.factor", fallback: 1)
        for (topic, minimum) in [
            ("offsets.topic.replication.factor", nil),
            ("transaction.state.log.replication.factor", "transaction.state.log.min.isr"),
            ("share.coordinator.state.topic.replication.factor", "share.coordinator.state.topic.min.isr"),
        ] {
            let factor = checkedFactor(topic, brokers: brokers)
            guard let minimum else { continue }
            checkMinimum(minimum, factor: factor, factorName: topic, fallback: min(3, brokers))
        }
        if let factor, factor.value > racks, factor.value <= brokers {
            warn(
                factor,
                "\(counted(factor.value, "replica")) over \(counted(racks, "rack")): the loss of one rack takes several "
                    + "replicas of a partition at once")
        }
    }

    private mutating func number(_ name: String) -> Placed<Int>? {
        guard let setting = draft.kafka.last(where: { $0.value.name == name }) else { return nil }
        guard let number = Int(setting.value.value), (1...32_767).contains(number) else {
            fail(setting, "'\(SchemaReader.shown(setting.value.value, 80))' is not a whole number from 1 up")
            return nil
        }
        return Placed(value: number, mark: setting.mark, path: setting.path)
    }

    private mutating func checkedFactor(_ name: String, brokers: Int) -> Placed<Int>? {
        guard let factor = number(name) else { return nil }
        if factor.value > brokers {
            fail(
                factor,
                "\(counted(factor.value, "replica")) need \(counted(factor.value, "broker")), and \(brokers) "
                    + "\(brokers == 1 ? "is" : "are") planned", suggestion: "\(brokers)")
        }
        return factor
    }

    private mutating func checkMinimum(_ name: String, factor: Placed<Int>?, factorName: String, fallback: Int) {
        guard let minimum = number(name) else { return }
        guard let factor else {
            if minimum.value > fallback {
                warn(
                    minimum,
                    "\(minimum.value) is more than \(factorName), which is \(fallback) unless you set it: nothing could "
                        + "be written to such a topic")
            }
            return
        }
        if minimum.value > factor.value {
            fail(
                minimum,
                "\(minimum.value) is more than \(factorName), which is \(factor.value): nothing could be written",
                suggestion: "\(max(1, factor.value - 1))")
        } else if minimum.value == factor.value, minimum.value > 1 {
            warn(
                minimum,
                "equals \(factorName): no broker can be stopped without stopping the producers")
        }
    }
}
