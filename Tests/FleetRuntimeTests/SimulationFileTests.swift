import FleetModel
import FleetSimulator
import Foundation
import Processes
import Testing

@testable import FleetRuntime

struct SimulationFileTests {
    private static let host = HostName(rawValue: "10.0.0.1")

    /// Runs `body` with an empty fleet directory's place.
    private func withPlace(_ body: (FleetPlace) async throws -> Void) async throws {
        try await TemporaryDirectory.with(prefix: "simulation") { path in
            try await body(FleetPlace(directory: path, state: "\(path)/.gantry"))
        }
    }

    private func open(_ place: FleetPlace) async throws -> SimulationFile {
        let host = try #require(Self.host)
        return try await SimulationFile(
            place: place, hosts: [HostSpecification(host: host, rack: "a", brokers: 1, data: ["/data"])])
    }

    private func specification(_ transport: TransportKind) throws -> FleetSpecification {
        FleetSpecification(
            cluster: ClusterSpecification(
                name: try #require(ClusterName(rawValue: "orders")), transport: transport,
                version: KafkaVersion(major: 4, minor: 3, patch: 1), image: "i", controllers: 1), hosts: [])
    }

    private func files(_ place: FleetPlace) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: place.state)) ?? []).sorted()
    }

    @Test func `looking at a fleet that has no file yet makes none`() async throws {
        try await withPlace { place in
            let file = try await open(place)
            #expect(try await file.withState(.look) { $0.hosts.count } == 1)
            #expect(!FileManager.default.fileExists(atPath: place.state))
        }
    }

    @Test func `a change is there for whoever comes next, and so is the time that passed meanwhile`() async throws {
        try await withPlace { place in
            let host = try #require(Self.host)
            let first = try await open(place)
            try await first.withDocument(.change) { document in
                document.fleet.afflict(host, with: .refusesSSH)
                document.clock.run(at: 3600, wall: Machine.wallTime)
            }
            let before = try await first.withState(.look) { $0.now }
            let second = try await open(place)
            let (troubles, now) = try await second.withState(.look) { ($0.hosts[host]?.troubles.all, $0.now) }
            #expect(troubles == [.refusesSSH])
            #expect(now >= before)
            #expect(second.clock.now() > first.clock.now().advanced(by: .seconds(-3600)))
            #expect(files(place) == ["simulation", "simulation.lock"])
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(place.state)/simulation")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test(arguments: [TransportKind.simulated, .ssh])
    func `operations of a simulated fleet are dated by its clock, all others by the wall's`(
        _ transport: TransportKind
    ) async throws {
        try await withPlace { place in
            let file = try await open(place)
            try await file.withDocument(.change) { $0.clock.skip(.seconds(86_400), wall: Machine.wallTime) }
            let ahead = place.now(in: try specification(transport)).since(SystemClock().now())
            #expect(transport == .simulated ? ahead > .seconds(86_000) : ahead <= .zero)
        }
    }

    @Test func `what a look does is forgotten`() async throws {
        try await withPlace { place in
            let host = try #require(Self.host)
            let file = try await open(place)
            try await file.withState(.change) { _ in }
            try await file.withState(.look) { $0.afflict(host, with: .refusesSSH) }
            #expect(try await file.withState(.look) { $0.hosts[host]?.troubles.all } == [])
        }
    }

    @Test func `many changes at once, by two openings of one file, are all kept`() async throws {
        try await withPlace { place in
            let host = try #require(Self.host)
            let openings = [try await open(place), try await open(place)]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        try await openings[number % 2].withState(.change) {
                            _ = $0.hosts[host]?.foreignPorts.insert(UInt16(10_000 + number))
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await open(place).withState(.look) { $0.hosts[host]?.foreignPorts.count } == 40)
        }
    }

    @Test func `somebody who holds the fleet for too long is named to whoever waits`() async throws {
        try await withPlace { place in
            try FileManager.default.createDirectory(atPath: place.state, withIntermediateDirectories: true)
            let lock = try FileLock.take("\(place.state)/simulation.lock")
            lock.leave(word: "process 4711 (gantry simulate advance 10m) since 2026-05-01T03:00:00.000Z")
            let file = try await SimulationFile(place: place, hosts: [], patience: .milliseconds(50))
            let problem = await #expect(throws: SimulationProblem.self) { try await file.withState(.change) { _ in } }
            #expect(problem?.code == .held)
            #expect(problem?.reason.contains("process 4711 (gantry simulate advance 10m) since 2026-05-01") == true)
            withExtendedLifetime(lock) {}
        }
    }

    @Test(arguments: ["", "{\"format\":", "not json", "{\"format\":\"gantry-simulation\",\"version\":99}"])
    func `a damaged file is named, kept aside under another name, and no longer in the way`(
        text: String
    ) async throws {
        try await withPlace { place in
            try FileManager.default.createDirectory(atPath: place.state, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: "\(place.state)/simulation"))
            let problem = await #expect(throws: SimulationProblem.self) { try await open(place) }
            #expect(problem?.code == .damaged)
            #expect(problem?.object == "\(place.state)/simulation")
            let kept = try #require(files(place).first { $0.hasPrefix("simulation.damaged-") })
            #expect(problem?.reason.contains("\(place.state)/\(kept)") == true)
            #expect(try String(contentsOfFile: "\(place.state)/\(kept)", encoding: .utf8) == text)
            #expect(try await open(place).withState(.look) { $0.hosts.count } == 1)
        }
    }

    @Test func `of several damaged files in a second each is kept`() async throws {
        try await withPlace { place in
            try FileManager.default.createDirectory(atPath: place.state, withIntermediateDirectories: true)
            let texts = ["one", "two", "three"]
            for text in texts {
                try Data(text.utf8).write(to: URL(filePath: "\(place.state)/simulation"))
                let problem = await #expect(throws: SimulationProblem.self) { try await open(place) }
                #expect(problem?.code == .damaged)
            }
            let kept = try files(place).filter { $0.hasPrefix("simulation.damaged-") }.map {
                try String(contentsOfFile: "\(place.state)/\($0)", encoding: .utf8)
            }
            #expect(Set(kept) == Set(texts))
        }
    }

    @Test func `a sleeper goes on when another command lets the clock jump`() async throws {
        try await withPlace { place in
            let sleeper = try await open(place)
            try await sleeper.withState(.change) { _ in }
            async let slept: Void = sleeper.clock.sleep(for: .seconds(100 * 86_400))
            let other = try await open(place)
            try await other.withDocument(.change) { $0.clock.skip(.seconds(200 * 86_400), wall: Machine.wallTime) }
            try await slept
        }
    }

    @Test func `a fleet of real hosts has no simulation`() async throws {
        try await withPlace { place in
            let fleet = try specification(.ssh)
            let problem = await #expect(throws: SimulationProblem.self) { try await Simulation(fleet, place: place) }
            #expect(problem?.code == .notSimulated)
            #expect(files(place) == [])
        }
    }
}
