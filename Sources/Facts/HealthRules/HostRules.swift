import FleetModel

extension HealthRules {
    static let hostRules: [HealthRule] = [
        HealthRule("host-unreachable", "every host answers by SSH") { context, rule in
            context.snapshot.hosts.compactMap { host in
                // One that is not listed has its own rule: nobody tried to reach it.
                guard case .unreachable(let reason, let remedy) = host.state,
                    context.fleet.map({ $0.host(host.host) != nil }) ?? true, !context.emptied.contains(host.host)
                else { return nil }
                let hasNodes = context.expected?.nodes(on: host.host).isEmpty == false
                return rule.finding(
                    .critical, subject(host.host), reason,
                    remedy: hasNodes ? WaysOut.silent(host.host, remedy) : remedy)
            }
        },
        HealthRule("docker-down", "every host's Docker daemon answers") { context, rule in
            context.snapshot.hosts.compactMap { host in
                guard case .dockerDown(let reason, let remedy) = host.state, !context.emptied.contains(host.host) else {
                    return nil
                }
                return rule.finding(.critical, subject(host.host), reason, remedy: remedy)
            }
        },
        HealthRule("disk-full", "data directories have room: warning below 15 %, critical below 5 %") { context, rule in
            context.snapshot.hosts.flatMap { host in
                host.disks.compactMap { disk in
                    guard disk.total > .zero else { return nil }
                    let freeShare = PerMille(disk.free.bytes / max(1, disk.total.bytes / 1000))
                    guard freeShare < PerMille(150) else { return nil }
                    return rule.finding(
                        freeShare < PerMille(50) ? .critical : .warning, subject(host.host),
                        "\(disk.path) has \(disk.free) free of \(disk.total)",
                        remedy: "free space under \(disk.path), or lower the retention of the largest topics")
                }
            }
        },
        HealthRule("clock-skew", "every host's clock is at most a second from the techhost's") { context, rule in
            context.snapshot.hosts.compactMap { host in
                guard let skew = host.skew else { return nil }
                let distance = skew < .zero ? .zero - skew : skew
                guard distance > .seconds(1) else { return nil }
                return rule.finding(
                    distance > largestSkew ? .critical : .warning, subject(host.host),
                    "its clock is \(distance.span) \(skew < .zero ? "behind" : "ahead of") the techhost's",
                    remedy: context.commands.line("timedatectl", on: host.host) + " shows it: synchronise both clocks",
                    on: host.host)
            }
        },
    ]

    /// Beyond it, records carry times that retention and clients' own checks stumble over.
    private static let largestSkew: Duration = .seconds(30)
}
