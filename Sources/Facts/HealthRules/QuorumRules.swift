public import FleetModel

extension HealthRules {
    /// A voter counts as following while it fetched within this time (`controller.quorum.fetch.timeout.ms` is 2 s; a
    /// follower that idles fetches every 500 ms).
    static let voterSilence: Duration = .seconds(10)

    static let quorumRules: [HealthRule] = [
        HealthRule("quorum-unknown", "the quorum can be described") { context, rule in
            guard let reason = context.snapshot.cluster.value?.quorum.reason else { return [] }
            return [
                rule.finding(
                    .unknown, "quorum", reason,
                    remedy: "bring a majority of the controllers up: gantry bootstrap starts what is missing")
            ]
        },
        HealthRule("quorum-voter-lagging", "every voter keeps up with the leader") { context, rule in
            guard let quorum = context.snapshot.cluster.value?.quorum.value else { return [] }
            return quorum.voters.compactMap { voter in
                guard voter.id != quorum.leader, !quorum.isFollowing(voter) else { return nil }
                let age =
                    voter.lastFetch.map { "it last fetched at \($0)" } ?? "it has not fetched since the last election"
                return rule.finding(
                    .critical, "controller \(voter.id)",
                    "it does not follow the quorum: \(age), \(counted(voter.lag, "record")) behind",
                    remedy: "see its container; without it one more loss may stop the cluster's metadata",
                    on: context.host(of: voter.id))
            }
        },
        // One that was removed stays registered until the next upgrade: it is listed, and nothing is wrong.
        HealthRule("controller-not-voter", "every registered controller votes, or was removed") { context, rule in
            guard let cluster = context.snapshot.cluster.value, let quorum = cluster.quorum.value,
                let registered = cluster.registeredControllers.value
            else { return [] }
            let voters = Set(quorum.voters.map(\.id))
            return registered.filter { !voters.contains($0) }.map { id in
                rule.finding(
                    context.retired.contains(id) ? .ok : .warning, "controller \(id)",
                    context.retired.contains(id)
                        ? "it was removed and is registered still; it blocks feature upgrades"
                        : "it is registered and no voter; it blocks feature upgrades",
                    remedy: "keep its directory, where it still exists, until the next upgrade is done")
            }
        },
    ]
}

extension QuorumObservation {
    /// Whether `voter` fetched recently, measured by the leader's own last times, since clocks differ.
    public func isFollowing(_ voter: QuorumMember) -> Bool { isFollowing(voter, within: HealthRules.voterSilence) }

    /// Whether `voter` fetched at most so long before whoever fetched last.
    func isFollowing(_ voter: QuorumMember, within limit: Duration) -> Bool {
        guard let fetched = voter.lastFetch else { return false }
        let newest = (voters + observers).compactMap(\.lastFetch).max() ?? fetched
        return newest.since(fetched) <= limit
    }
}
