import EventLoop
import KafkaProtocol
import Testing

@testable import KafkaClient

@Suite struct ValueTests {
    @Test(
        arguments: [
            ("h1:9092", "h1", 9092), ("10.0.0.1:1", "10.0.0.1", 1), ("[::1]:65535", "::1", 65535),
        ] as [(String, String, UInt16)])
    func `an address is read and written alike`(text: String, host: String, port: UInt16) {
        #expect(KafkaAddress(text) == KafkaAddress(host: host, port: port))
        #expect(KafkaAddress(text)?.description == text)
    }

    @Test(arguments: ["", "h1", ":9092", "h1:", "h1:0", "h1:65536", "h1:-1", "::1:9092", "[]:1", "h1:9092x"])
    func `what is no address is not read as one`(text: String) {
        #expect(KafkaAddress(text) == nil)
    }

    @Test func `the version is the highest that both sides know and the limit allows`() {
        let node = NodeCapabilities(versions: [.metadata: 4...9, .fetch: 90...99])
        #expect(node.version(for: MetadataRequest.self) == 9)
        #expect(node.version(for: MetadataRequest.self, atMost: 7) == 7)
        #expect(node.version(for: MetadataRequest.self, atMost: 3) == nil)
        #expect(node.version(for: FetchRequest.self) == nil)
        #expect(node.version(for: ProduceRequest.self) == nil && !node.offers(.produce))
    }

    @Test func `ranges that end before they begin are left out of the capabilities`() {
        let node = NodeCapabilities(
            ApiVersionsResponse(
                apiKeys: [
                    .init(apiKey: 3, minVersion: 5, maxVersion: 4), .init(apiKey: 999, minVersion: 0, maxVersion: 1),
                ],
                supportedFeatures: [.init(name: "odd", minVersion: 2, maxVersion: 1)],
                finalizedFeatures: [.init(name: "metadata.version", maxVersionLevel: 30, minVersionLevel: 7)]))
        #expect(node.versions == [999: 0...1])
        #expect(node.supportedFeatures.isEmpty && node.finalizedFeatures == ["metadata.version": 30])
    }

    @Test func `pauses double up to the longest, spread by a half either way`() {
        let policy = RetryPolicy(attempts: 5, firstPause: .milliseconds(100), longestPause: .milliseconds(400))
        #expect(
            [1, 2, 3, 4, 100].map { policy.pause(after: $0, random: 0.5) }
                == [100, 200, 400, 400, 400].map { .milliseconds($0) })
        #expect(policy.pause(after: 1, random: 0) == .milliseconds(50))
        #expect(policy.pause(after: 1, random: 1) == .milliseconds(150))
        #expect(RetryPolicy(attempts: 0, firstPause: .zero, longestPause: .zero).attempts == 1)
    }

    @Test func `what may have been carried out is repeated only when it changes nothing`() {
        let lost = KafkaClientError(.connectionLost, reason: "", wasSent: true)
        #expect(!RetryPolicy.mayRepeat(lost, isReadOnly: false))
        #expect(RetryPolicy.mayRepeat(lost, isReadOnly: true))
        #expect(RetryPolicy.mayRepeat(KafkaClientError(.connectionLost, reason: ""), isReadOnly: false))
        #expect(!RetryPolicy.mayRepeat(KafkaClientError(.authenticationFailed, reason: ""), isReadOnly: true))
        #expect(RetryPolicy.mayRepeat(.notController, isReadOnly: false))
        #expect(!RetryPolicy.mayRepeat(.requestTimedOut, isReadOnly: false))
        #expect(RetryPolicy.mayRepeat(.requestTimedOut, isReadOnly: true))
        #expect(!RetryPolicy.mayRepeat(0, isReadOnly: true))
    }

    @Test func `a view forgets what led astray and nothing else`() {
        var view = ClusterView()
        view.update(
            MetadataResponse(
                brokers: [
                    .init(nodeId: 1, host: "h1", port: 9092), .init(nodeId: 2, host: "", port: 9092),
                    .init(nodeId: 3, host: "h3", port: 70000),
                ],
                controllerId: 1,
                topics: ["a", "b"].map { topic in
                    .init(
                        name: topic,
                        partitions: [
                            .init(partitionIndex: 0, leaderId: 1), .init(errorCode: 5, partitionIndex: 1, leaderId: -1),
                        ])
                }))
        #expect(view.nodes == [1: KafkaAddress(host: "h1", port: 9092)])
        #expect(view.node(for: .leader(topic: "a", partition: 0)) == 1)
        #expect(view.node(for: .leader(topic: "a", partition: 1)) == nil)
        view.forget(.leader(topic: "a", partition: 0))
        #expect(view.node(for: .leader(topic: "a", partition: 0)) == nil)
        #expect(view.node(for: .leader(topic: "b", partition: 0)) == 1)
        view.forget(.controller)
        #expect(view.controller == nil && view.nodes.count == 1)
        view.update(MetadataResponse(controllerId: -1))
        #expect(view.controller == nil && view.nodes.isEmpty)
    }

    @Test func `an error is one line that names request, node, reason and remedy`() {
        let error = KafkaClientError(
            .unreachable, at: KafkaAddress(host: "h1", port: 9092), api: .metadata, reason: "connection refused")
        #expect(
            error.description
                == "Metadata at h1:9092: connection refused. Check that the node runs and that its address is right.")
    }
}
