import FleetModel

extension HealthRules {
    static let brokerRules: [HealthRule] = [
        HealthRule("broker-fenced", "every wanted broker is registered and serves") { context, rule in
            context.brokers.compactMap { broker in
                guard broker.state == .fenced else { return nil }
                let registered = context.snapshot.cluster.value?.broker(broker.id) != nil
                let place = broker.host.map { " on \($0)" } ?? ""
                return rule.finding(
                    .critical, "broker \(broker.id)",
                    registered
                        ? "it is fenced: registered, and not in touch with the controllers"
                        : "its container\(place) runs, and it is not registered with the controllers",
                    remedy: "wait some 20 s where it has just started; otherwise look at its log\(place)",
                    on: broker.host)
            }
        },
        HealthRule("broker-missing", "every wanted broker is known to somebody") { context, rule in
            context.brokers.compactMap { broker in
                guard broker.state == .unknown, context.snapshot.cluster.value?.brokers.value != nil else { return nil }
                return rule.finding(
                    .critical, "broker \(broker.id)", "it is not registered, and its host could not be looked at",
                    remedy: broker.host.map { "see the finding of host \($0)" } ?? "gantry clusterstatus -v",
                    on: broker.host)
            }
        },
        HealthRule("broker-ghost", "no registration is left of a broker that is gone") { context, rule in
            context.brokers.compactMap { broker in
                guard broker.state == .ghost else { return nil }
                return rule.finding(
                    .warning, "broker \(broker.id)",
                    "it is still registered, and nothing runs it; it blocks feature upgrades",
                    remedy: "make sure that it holds no replicas, then unregister it with Kafka's tools: "
                        + "kafka-cluster.sh unregister --id \(broker.id)")
            }
        },
        HealthRule("broker-cordoned", "new partitions are placed on every broker") { context, rule in
            guard !context.operationRunning else { return [] }
            return (context.snapshot.cluster.value?.logDirectories ?? []).compactMap { answer in
                let cordoned = (answer.directories.value ?? []).filter(\.isCordoned)
                guard !cordoned.isEmpty else { return nil }
                let place = answer.isCordoned ? "it is" : "of its directories \(examples(cordoned.map(\.path))) are"
                if let left = context.left, left.cordoned.contains(answer.broker) {
                    return rule.finding(
                        .warning, "broker \(answer.broker)",
                        "\(place) cordoned by \(left.command), which \(left.state): no new partition is placed there",
                        remedy: left.remedy, on: context.host(of: answer.broker))
                }
                return rule.finding(
                    .warning, "broker \(answer.broker)",
                    "no operation of gantry is running, and \(place) cordoned: no new partition is placed there",
                    remedy: "where nobody wants it so: kafka-configs.sh --alter --entity-type brokers --entity-name "
                        + "\(answer.broker) --delete-config cordoned.log.dirs",
                    on: context.host(of: answer.broker))
            }
        },
        HealthRule("canary-failed", "a record can be produced to and fetched from every broker") { context, rule in
            context.snapshot.canaries.compactMap { canary in
                // Of a broker that is known not to run the container's finding says enough.
                guard case .failed(let reason) = canary.result, context.mayServe(canary.broker) else { return nil }
                return rule.finding(
                    .critical, "broker \(canary.broker)", "the record did not come back: \(reason)",
                    remedy: "look at the broker's log; gantry clusterstatus tries again",
                    on: context.host(of: canary.broker))
            }
        },
        HealthRule("canary-slow", "a record is there and back within two seconds") { context, rule in
            context.snapshot.canaries.compactMap { canary in
                guard case .ok(let produce, let fetch) = canary.result, produce + fetch > slowCanary else { return nil }
                let seconds = (produce + fetch).components
                return rule.finding(
                    .warning, "broker \(canary.broker)",
                    "a record took \(seconds.seconds).\(seconds.attoseconds / 100_000_000_000_000_000) s there and back",
                    remedy: "look at its host's disks and network, and at its log", on: context.host(of: canary.broker))
            }
        },
    ]

    /// Ten times what a broker takes that is busy with a move; clients begin to notice.
    private static let slowCanary: Duration = .seconds(2)
}
