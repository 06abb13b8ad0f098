import FleetModel

extension HealthRules {
    static let storageRules: [HealthRule] = [
        HealthRule("log-directory-offline", "every log directory works") { context, rule in
            (context.snapshot.cluster.value?.logDirectories ?? []).flatMap { broker in
                (broker.directories.value ?? []).compactMap { directory in
                    directory.error.map {
                        rule.finding(
                            .critical, "broker \(broker.broker)",
                            "its log directory \(directory.path) is offline: \($0)",
                            remedy: "look at the disk under it, then restart the broker")
                    }
                }
            }
        },
        HealthRule("log-directories-unknown", "every serving broker tells its log directories") { context, rule in
            (context.snapshot.cluster.value?.logDirectories ?? []).compactMap { broker in
                guard let reason = broker.directories.reason,
                    context.snapshot.cluster.value?.broker(broker.broker)?.fenced == false,
                    context.mayServe(broker.broker)
                else { return nil }
                return rule.finding(
                    .unknown, "broker \(broker.broker)", "its log directories are not known: \(reason)",
                    remedy: "gantry clusterstatus asks again", on: context.host(of: broker.broker))
            }
        },
    ]
}
