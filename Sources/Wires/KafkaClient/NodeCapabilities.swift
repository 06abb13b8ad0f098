public import KafkaProtocol

/// What a node offers, from its `ApiVersions` answer (KIP-35, KIP-584).
public struct NodeCapabilities: Sendable, Equatable {
    /// The versions of each request.
    public var versions: [APIKey: ClosedRange<Int16>]
    /// The levels of each feature that the node's software can work at.
    public var supportedFeatures: [String: ClosedRange<Int16>]
    /// The cluster's level of each feature, as `metadata.version`.
    public var finalizedFeatures: [String: Int16]

    /// Capabilities as given.
    public init(
        versions: [APIKey: ClosedRange<Int16>], supportedFeatures: [String: ClosedRange<Int16>] = [:],
        finalizedFeatures: [String: Int16] = [:]
    ) {
        self.versions = versions
        self.supportedFeatures = supportedFeatures
        self.finalizedFeatures = finalizedFeatures
    }

    /// Reads an answer; ranges that end before they begin are left out.
    init(_ response: ApiVersionsResponse) {
        versions = [:]
        for entry in response.apiKeys where entry.minVersion <= entry.maxVersion {
            versions[entry.apiKey] = entry.minVersion...entry.maxVersion
        }
        supportedFeatures = [:]
        for feature in response.supportedFeatures where feature.minVersion <= feature.maxVersion {
            supportedFeatures[feature.name] = feature.minVersion...feature.maxVersion
        }
        finalizedFeatures = [:]
        for feature in response.finalizedFeatures { finalizedFeatures[feature.name] = feature.maxVersionLevel }
    }

    /// Whether the node offers the request in any version.
    public func offers(_ api: APIKey) -> Bool { versions[api] != nil }

    /// The version in which a request is sent: the highest that both sides know and `limit` allows; nil for none.
    public func version<Request: KafkaRequest>(for _: Request.Type, atMost limit: Int16? = nil) -> Int16? {
        guard let offered = versions[Request.apiKey] else { return nil }
        guard let limit else { return Request.commonVersion(offered: offered) }
        guard limit >= offered.lowerBound else { return nil }
        return Request.commonVersion(offered: offered.lowerBound...min(limit, offered.upperBound))
    }
}
