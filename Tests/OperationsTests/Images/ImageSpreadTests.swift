import FleetModel
import FleetSimulator
import HealthRules
import Observation
import OperationModel
import Testing

@testable import Operations

/// How an image comes to many hosts.
struct ImageSpreadTests {
    private static let image = "gantry/kafka:4.3.1"

    private static func hosts(_ count: Int) -> [HostName] {
        (1...count).compactMap { HostName(rawValue: "10.0.\($0 / 250).\($0 % 250 + 1)") }
    }

    /// What it takes to bring the image to so many hosts, in virtual time, and what was done.
    private func distribution(
        to count: Int, holder: Int? = nil, arrange: @escaping @Sendable (inout FleetState) -> Void = { _ in }
    ) throws -> (took: Duration, outcomes: [HostName: String], fleet: SimulatedFleet) {
        let time = VirtualTime()
        let hosts = Self.hosts(count)
        let cluster = try #require(ClusterName(rawValue: "orders"))
        let fleet = SimulatedFleet(cluster: cluster, hosts: hosts, time: time)
        fleet.withState(arrange)
        let world = OperationWorld(
            hosts: fleet, hostSource: fleet, containers: fleet, containerSource: fleet, cluster: fleet, control: fleet,
            memory: StoreMemory(store: MemoryStore(), lease: nil), clock: time,
            images: ImageSpread(hosts: count, prefersHosts: holder != nil))
        let context = StepContext(world: world, cluster: cluster) { _ in }
        let outcomes = time.run { () -> [(HostName, String)] in
            // As whoever has looked at all of them before knows it.
            if let holder { await world.images.holds(Self.image, hosts[holder]) }
            return await mapBounded(hosts, width: OperationEngine.width) { host -> (HostName, String) in
                let step = BringImage(target: host, image: Self.image, archive: nil)
                do throws(StepFailure) {
                    if case .satisfied = try await step.probe(context) { return (host, "unchanged") }
                    return (host, try await step.apply(context) ?? "")
                } catch { return (host, "failed: \(error.code)") }
            }
        }
        return (time.uptime(), Dictionary(try #require(outcomes), uniquingKeysWith: { first, _ in first }), fleet)
    }

    @Test func `fifty hosts have it in at most four times the time of one, each by one stream`() throws {
        let one = try distribution(to: 1)
        let fifty = try distribution(to: 50)
        #expect(fifty.outcomes.values.allSatisfy { $0.hasPrefix("sha256:") })
        #expect(fifty.took <= one.took * 4, "\(fifty.took) against \(one.took)")
        #expect(fifty.fleet.effects.count { $0.hasPrefix("image ") } == 50)
        let fromTechhost = fifty.outcomes.values.count { !$0.contains("from ") }
        #expect((1..<25).contains(fromTechhost), "most have it from each other: \(fromTechhost) from the techhost")
    }

    @Test func `few hosts have it from the techhost, all at once`() throws {
        let three = try distribution(to: 3)
        #expect(three.outcomes.values.allSatisfy { !$0.contains("from ") })
        #expect(three.took < .seconds(4))
    }

    @Test func `a host that has it gives it, where the techhost has nothing`() throws {
        let hosts = Self.hosts(4)
        let made = ImageObservation(id: "sha256:made", architecture: "amd64")
        let four = try distribution(to: 4, holder: 3) { $0.hosts[hosts[3]]?.images[Self.image] = made }
        #expect(four.outcomes[hosts[3]] == "unchanged")
        #expect(hosts[..<3].allSatisfy { four.outcomes[$0]?.contains("from 10.") == true }, "\(four.outcomes)")
        four.fleet.withState { state in
            #expect(hosts.allSatisfy { state.hosts[$0]?.images[Self.image] == made })
        }
    }

    @Test func `a peer that can not give it is replaced by another origin, and nobody waits for ever`() throws {
        let hosts = Self.hosts(3)
        let made = ImageObservation(id: "sha256:made", architecture: "amd64")
        let three = try distribution(to: 3, holder: 0) { state in
            state.hosts[hosts[0]]?.images[Self.image] = made
            state.inflict(.host(.cutOff, hosts[0], for: nil))
        }
        #expect(three.outcomes[hosts[0]]?.hasPrefix("failed") == true)
        #expect(three.outcomes[hosts[1]]?.hasPrefix("sha256:") == true, "\(three.outcomes)")
        #expect(three.outcomes[hosts[2]]?.hasPrefix("sha256:") == true, "\(three.outcomes)")
    }

    @Test func `a host with another digest under the name lacks the one that is meant`() async throws {
        let host = Self.hosts(1)[0]
        let time = VirtualTime()
        let cluster = try #require(ClusterName(rawValue: "orders"))
        let fleet = SimulatedFleet(cluster: cluster, hosts: [host], time: time)
        let old = ImageObservation(id: "sha256:old", architecture: "amd64")
        fleet.withState { $0.hosts[host]?.images[Self.image] = old }
        let world = OperationWorld(
            hosts: fleet, hostSource: fleet, containers: fleet, containerSource: fleet, cluster: fleet, control: fleet,
            memory: StoreMemory(store: MemoryStore(), lease: nil), clock: time)
        let context = StepContext(world: world, cluster: cluster) { _ in }
        let probes = try #require(
            time.run { () -> [Probe?] in
                var found: [Probe?] = []
                let meant: [[String]?] = [nil, ["sha256:new"], ["sha256:new", "sha256:old"]]
                for digests in meant {
                    let step = BringImage(target: host, image: Self.image, archive: nil, digests: digests)
                    found.append(try? await step.probe(context))
                }
                return found
            })
        #expect(probes == [Probe.satisfied("sha256:old"), Probe.needed, Probe.satisfied("sha256:old")])
    }

    @Test func `an origin serves three at once, the idlest one first, and never the host itself`() throws {
        let hosts = Self.hosts(9)
        var sources = ImageSources(hosts: 9)
        for host in hosts[..<3] { #expect(sources.take(for: host, except: []) == .from(.techhost)) }
        #expect(sources.take(for: hosts[3], except: []) == .wait)
        sources.holds(hosts[0])
        #expect(sources.take(for: hosts[3], except: []) == .from(.host(hosts[0])))
        #expect(sources.take(for: hosts[0], except: []) == .wait)
        sources.ended(.techhost)
        #expect(sources.take(for: hosts[4], except: [.techhost]) == .from(.host(hosts[0])))
        #expect(sources.take(for: hosts[5], except: []) == .from(.techhost))
        #expect(sources.take(for: hosts[6], except: [.techhost, .host(hosts[0])]) == .nobody)
    }
}
