import FleetModel
import KafkaProtocol

/// The cluster's feature levels as one node knows them. (KIP-584)
public struct FeatureLevels: Hashable, Sendable {
    /// The levels in force: `metadata.version` 30.
    public var finalized: [String: Int16]
    /// What the node that answered could do.
    public var supported: [String: ClosedRange<Int16>]

    /// The level of `metadata.version`; nil in ZooKeeper mode.
    public var metadataVersion: Int16? { finalized["metadata.version"] }
}

/// A feature's new level.
public struct FeatureUpdate: Hashable, Sendable {
    /// Which way it goes.
    public enum Direction: Int8, Hashable, Sendable {
        /// Up only.
        case upgrade = 1
        /// Down, unless metadata would be lost.
        case safeDowngrade = 2
        /// Down at any price.
        case unsafeDowngrade = 3
    }

    /// The feature: `metadata.version`.
    public var feature: String
    /// The level that it gets.
    public var level: Int16
    /// Which way that is.
    public var direction: Direction

    /// `feature` to `level`.
    public init(feature: String, level: Int16, direction: Direction = .upgrade) {
        self.feature = feature
        self.level = level
        self.direction = direction
    }
}

extension KafkaAdmin {
    /// The feature levels in force, and what the node that answers could do.
    /// - Throws: As every call.
    public func describeFeatures() async throws(KafkaAdminError) -> FeatureLevels {
        let operation = AdminOperation("read the feature levels")
        let request = ApiVersionsRequest(clientSoftwareName: "gantry", clientSoftwareVersion: "1")
        let response = try await call(request, operation)
        try operation.check(response.errorCode)
        var levels = FeatureLevels(finalized: [:], supported: [:])
        for feature in response.finalizedFeatures { levels.finalized[feature.name] = feature.maxVersionLevel }
        for feature in response.supportedFeatures where feature.minVersion <= feature.maxVersion {
            levels.supported[feature.name] = feature.minVersion...feature.maxVersion
        }
        return levels
    }

    /// Sets feature levels, all or none. (KIP-584, KIP-778)
    ///
    /// - Parameters:
    ///   - updates: The features and their new levels.
    ///   - validateOnly: Only asks whether it could be done; Kafka 3.3 and later can.
    /// - Throws: `refused` 95, with the node that cannot do it in the message: stopped and unregistered-looking nodes
    ///   count while they are registered; `unanswered` if the node is too old for `validateOnly` or a downgrade.
    public func updateFeatures(
        _ updates: [FeatureUpdate], validateOnly: Bool = false
    ) async throws(KafkaAdminError) {
        let operation = AdminOperation("set the feature levels")
        let request = UpdateFeaturesRequest(
            timeoutMs: timeoutMs,
            featureUpdates: updates.map {
                .init(feature: $0.feature, maxVersionLevel: $0.level, upgradeType: $0.direction.rawValue)
            }, validateOnly: validateOnly)
        let response = try await call(request, operation, at: .controller)
        try operation.check(response.errorCode, response.errorMessage)
        for result in response.results {
            try AdminOperation("set the level", result.feature).check(result.errorCode, result.errorMessage)
        }
    }
}
