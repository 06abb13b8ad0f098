import FleetModel
import MetricsEndpoint
import Testing

@testable import FleetRuntime

@Suite struct `Whether mail can leave` {
    private func problem(_ url: String?, transport: TransportKind = .ssh) async throws -> String? {
        let name = try #require(ClusterName(rawValue: "orders"))
        let version = try #require(KafkaVersion("4.3.1"))
        var cluster = ClusterSpecification(name: name, version: version, image: "i", controllers: 1)
        cluster.transport = transport
        var fleet = FleetSpecification(cluster: cluster, hosts: [])
        fleet.notify = NotifySettings(recipients: ["a@example.com"], smtp: url.map { SMTPSettings(url: $0) })
        return await MailReach(fleet).problem()
    }

    @Test func `a server that listens is reached, and one that does not is told within seconds`() async throws {
        let listening = try MetricsEndpoint(host: "127.0.0.1", port: 0) { _ in .init(body: "") }
        let url = "smtp://127.0.0.1:\(listening.port)"
        #expect(try await problem(url) == nil)
        withExtendedLifetime(listening) {}
        // Port 1 is nobody's (tcpmux).
        let refused = try await problem("smtp://127.0.0.1:1")
        #expect(refused?.hasPrefix("smtp://127.0.0.1:1 can't be reached: ") == true)
        let unknown = try await problem("smtp://no-such-host.invalid:25")
        #expect(unknown?.contains("can't be reached: ") == true)
    }

    @Test func `a simulated fleet needs no server`() async throws {
        #expect(try await problem(nil, transport: .simulated) == nil)
    }

    @Test(
        arguments: [
            ("smtp://mail.example.com:587", "mail.example.com", 587), ("smtp://mail", "mail", 25),
            ("smtps://m", "m", 465),
            ("smtps://[::1]:2465", "::1", 2465), ("smtp://[fe80::1]", "fe80::1", 25),
        ] as [(String, String, UInt16)])
    func `host and port are read as they are written`(url: String, host: String, port: UInt16) {
        let found = MailReach.server(url)
        #expect(found?.host == host && found?.port == port)
    }
}
