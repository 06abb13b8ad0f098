import FleetModel

/// The settings of Kafka that the simulation acts on.
enum SettingName {
    static let leaderReplicas = "leader.replication.throttled.replicas"
    static let followerReplicas = "follower.replication.throttled.replicas"
    static let leaderRate = "leader.replication.throttled.rate"
    static let followerRate = "follower.replication.throttled.rate"
    static let minInSync = "min.insync.replicas"
    static let cordon = "cordoned.log.dirs"

    static let lists: Set<String> = [leaderReplicas, followerReplicas, cordon, "cleanup.policy"]
    static let rates: Set<String> = [leaderRate, followerRate, "replica.alter.log.dirs.io.max.bytes.per.second"]
    static let throttledReplicas: Set<String> = [leaderReplicas, followerReplicas]
}

/// The settings that were made while the cluster runs: they live in the cluster's metadata, whoever comes and goes.
struct ConfigurationStore: Sendable, Codable {
    /// Names and values by `topic orders`, `broker 3`, `all brokers`.
    var values: [String: [String: String]] = [:]

    static func key(_ owner: ConfigurationOwner) -> String { owner.description }

    func value(_ name: String, of owner: ConfigurationOwner) -> String? { values[Self.key(owner)]?[name] }

    mutating func set(_ value: String?, _ name: String, of owner: ConfigurationOwner) {
        values[Self.key(owner), default: [:]][name] = value
        if values[Self.key(owner)]?.isEmpty == true { values[Self.key(owner)] = nil }
    }

    func minInSyncReplicas(of topic: String) -> Int {
        let own = value(SettingName.minInSync, of: .topic(topic)) ?? value(SettingName.minInSync, of: .allBrokers)
        return own.flatMap { Int($0) } ?? 1
    }
}
