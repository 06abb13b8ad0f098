import FleetModel
import FleetSimulator
import HealthRules
import OperationModel
import Testing

@testable import Operations

/// The lease as a file on every host: a second techhost has no journal to read.
struct HostLeaseTests {
    private static func holder(_ techhost: String, pid: Int32 = 1) -> Holder {
        Holder(techhost: techhost, pid: pid, bootID: "b", startTicks: 1, user: "root")
    }

    private struct Setting {
        let scene: SteeringScene
        let alive: Set<Int32>

        init(alive: Set<Int32> = [1]) throws {
            scene = try SteeringScene()
            self.alive = alive
        }

        var hosts: [HostName] { Set(scene.layout.nodes.map(\.host)).sorted() }

        var leases: HostLeases {
            let alive = alive
            return HostLeases(
                cluster: scene.cluster, hosts: hosts, control: scene.fleet, clock: scene.time,
                isAlive: { alive.contains($0.pid) })
        }

        func lease(_ holder: Holder, salt: UInt16 = 1, reason: String? = nil) -> HostLease {
            let now = scene.time.now()
            return HostLease(
                operation: OperationID(createdAt: Timestamp(milliseconds: 0), salt: salt), command: "removebroker 6",
                holder: holder, since: now, reason: reason, heartbeat: now)
        }

        func run<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) throws -> Result {
            try #require(scene.time.run(body))
        }

        func files() -> Int {
            let path = OnHostPath.lease(of: scene.cluster)
            return scene.fleet.withState { state in state.hosts.values.count { $0.files[path] != nil } }
        }
    }

    @Test func `a lease lies on every host while it is held, says who and why, and is gone afterwards`() throws {
        let setting = try Setting()
        let leases = setting.leases
        let lease = setting.lease(Self.holder("t1"), reason: "its disk is old")
        #expect(try setting.run { await leases.take(lease) } == [])
        #expect(setting.files() == 3)
        let path = OnHostPath.lease(of: setting.scene.cluster)
        let text = setting.scene.fleet.withState { state in
            state.hosts[setting.hosts[0]]?.files[path].map { String(decoding: $0.contents, as: UTF8.self) } ?? ""
        }
        for word in [
            "\"operation\"", "\"user\": \"root\"", "\"techhost\": \"t1\"", "\"since\"", "its disk is old",
            "\"heartbeat\"",
        ] {
            #expect(text.contains(word))
        }
        #expect(HostLease(text: text) == lease)
        _ = try setting.run { await leases.release(lease) }
        #expect(setting.files() == 0)
    }

    @Test
    func `a second fleet directory on the same techhost is refused and told who holds it, until that one is gone`()
        throws
    {
        let setting = try Setting()
        let leases = setting.leases
        let lease = setting.lease(Self.holder("t1"))
        #expect(try setting.run { await leases.take(lease) } == [])
        let second = Self.holder("t1", pid: 2)
        let blockers = try setting.run { await leases.blockers(for: second) }
        #expect(blockers.map(\.code) == ["leased"])
        #expect(blockers.first?.reason.contains("removebroker 6") == true)
        #expect(blockers.first?.reason.contains("process 1") == true)
        // Dead: proven by boot id, pid and start time, so that nobody has to say so.
        let later = HostLeases(
            cluster: setting.scene.cluster, hosts: setting.hosts, control: setting.scene.fleet,
            clock: setting.scene.time,
            isAlive: { _ in false })
        #expect(try setting.run { await later.blockers(for: second) } == [])
        let taken = setting.lease(second, salt: 2)
        #expect(try setting.run { await later.take(taken) } == [])
        #expect(try setting.run { await leases.renew(lease) }.map(\.code) == ["fenced"])
        _ = try setting.run { await leases.release(lease) }
        #expect(setting.files() == 3, "what is another's by now is not removed")
    }

    @Test func `another techhost's lease is taken over only after ten minutes of silence and by name`() throws {
        let setting = try Setting()
        let leases = setting.leases
        let lease = setting.lease(Self.holder("t1"))
        #expect(try setting.run { await leases.take(lease) } == [])
        let other = Self.holder("t2", pid: 7)
        let accepted = [Acceptance(code: "foreign-lease", object: "t1")]
        let (time, fleet) = (setting.scene.time, setting.scene.fleet)
        _ = fleet
        let fresh = try setting.run {
            try? await time.sleep(for: .seconds(500))
            return await leases.blockers(for: other, accepted: accepted)
        }
        #expect(fresh.map(\.code) == ["foreign-lease"], "it may still be at work: nobody can say otherwise")
        let heartbeat = try setting.run {
            let lost = await leases.renew(lease)
            try? await time.sleep(for: .seconds(599))
            return (lost, await leases.blockers(for: other, accepted: accepted))
        }
        #expect(heartbeat.0 == [])
        #expect(heartbeat.1.count == 1, "a heartbeat begins the ten minutes anew")
        let silent = try setting.run {
            try? await time.sleep(for: .seconds(2))
            return (
                await leases.blockers(for: other),
                await leases.blockers(
                    for: other,
                    accepted: [
                        Acceptance(code: "foreign-lease", object: nil), Acceptance(code: "foreign-lease", object: "t3"),
                    ])
            )
        }
        #expect(silent.0.first?.remedy.hasSuffix("--accept foreign-lease=t1") == true)
        #expect(silent.1.count == 1, "only this techhost, by its name")
        #expect(try setting.run { await leases.blockers(for: other, accepted: accepted) } == [])
        #expect(setting.files() == 0)
    }

    @Test func `an operation that finds its hosts held changes nothing and says by whom`() throws {
        let setting = try Setting()
        let (scene, leases) = (setting.scene, setting.leases)
        try scene.begin()
        let foreign = setting.lease(Self.holder("t1"), salt: 7)
        #expect(try setting.run { await leases.take(foreign) } == [])
        let effects = scene.fleet.effects
        let lease = try scene.store.acquireLease(
            cluster: scene.cluster, operation: scene.id, holder: Self.holder("t2", pid: 9), replacing: nil,
            at: scene.time.now())
        let engine = OperationEngine(store: scene.store, world: scene.world(lease), hostLeases: leases)
        let ending = try setting.run { try? await engine.run(lease) }
        guard case .stopped(let reason) = ending else {
            Issue.record("it ended with \(String(describing: ending))")
            return
        }
        #expect(reason.contains("removebroker 6") && reason.contains("t1"))
        #expect(scene.fleet.effects == effects)
    }

    @Test func `an operation that was planned for another cluster of this name touches nothing, and can be given up`()
        throws
    {
        let setting = try Setting()
        let (scene, leases) = (setting.scene, setting.leases)
        try scene.begin()
        let host = try #require(setting.hosts.last)
        let made = ClusterLayout(clusterID: try #require(ClusterID(rawValue: "AAAAAAAAQACAAAAAAAAAAA")), nodes: [])
        let text = try LayoutMemory.text(made)
        try setting.run { [fleet = scene.fleet, cluster = scene.cluster] in
            _ = try? await fleet.place(
                [FileToPlace(path: OnHostPath.layout(of: cluster), contents: Array(text.utf8))], on: host)
        }
        let path = OnHostPath.lease(of: scene.cluster)
        let effects = scene.fleet.effects
        func run(givingUp: Bool) throws -> OperationEnding? {
            let lease = try scene.store.acquireLease(
                cluster: scene.cluster, operation: scene.id, holder: Self.holder("t1"), replacing: nil,
                at: scene.time.now())
            let engine = OperationEngine(store: scene.store, world: scene.world(lease), hostLeases: leases)
            let ending = try setting.run { try? await engine.run(lease, givingUp: givingUp) }
            try scene.store.release(lease)
            return ending
        }
        guard case .stopped(let reason) = try run(givingUp: false) else {
            Issue.record("it went on")
            return
        }
        #expect(reason.contains("\(host)") && reason.contains("gantry operation abort \(scene.id)"))
        #expect(setting.files() == 0)
        #expect(scene.fleet.effects.filter { !$0.hasSuffix(path) } == effects)
        guard case .aborted = try run(givingUp: true) else {
            Issue.record("it was not given up")
            return
        }
    }

    @Test func `an operation holds its hosts to its end, also when one of them does not answer`() throws {
        let setting = try Setting()
        let (scene, leases) = (setting.scene, setting.leases)
        try scene.begin(throttle: nil)
        let lease = try scene.store.acquireLease(
            cluster: scene.cluster, operation: scene.id, holder: Self.holder("t1"), replacing: nil,
            at: scene.time.now())
        let engine = OperationEngine(store: scene.store, world: scene.world(lease), hostLeases: leases)
        let time = scene.time
        let outcome = try setting.run { () -> (OperationEnding?, Int) in
            async let ending = try? await engine.run(lease)
            try? await time.sleep(for: .seconds(3))
            let held = setting.files()
            return (await ending, held)
        }
        #expect(outcome.0 == .done)
        #expect(outcome.1 == 3)
        #expect(setting.files() == 0)
    }

    @Test(arguments: ["", "{}", "{\"operation\": \"x\", \"techhost\": 3}", "\u{0}", "[1", "{\"operation\":\"../x\"}"])
    func `a file that is none holds nobody up`(text: String) { #expect(HostLease(text: text) == nil) }
}
