import FleetModel
import FleetSimulator
import HealthRules
import Observation
import OperationModel
import Operations
import Testing

/// Bootstrap on the simulated fleet: three hosts, three controllers, six brokers.
struct BootstrapTests {
    struct Setting {
        let time = VirtualTime()
        let store = MemoryStore()
        let fleet: SimulatedFleet
        let specification: FleetSpecification
        let layout: ClusterLayout

        init() throws {
            let name = try #require(ClusterName(rawValue: "orders"))
            let hosts = ["10.0.0.11", "10.0.0.12", "10.0.0.13"].compactMap(HostName.init(rawValue:))
            specification = FleetSpecification(
                cluster: ClusterSpecification(
                    name: name, version: KafkaVersion(major: 4, minor: 3, patch: 1), image: "gantry/kafka:4.3.1",
                    controllers: 3),
                hosts: hosts.map {
                    HostSpecification(host: $0, rack: $0.rawValue, brokers: 2, data: ["/var/lib/kafka-docker"])
                })
            let clusterID = try #require(ClusterID(bytes: Array(1...16)))
            layout = try ClusterLayout.initial(
                for: specification, clusterID: clusterID,
                directoryIDs: { id in
                    DirectoryID(bytes: Array(repeating: UInt8(truncatingIfNeeded: id.rawValue), count: 16))
                        ?? .fallback
                })
            fleet = SimulatedFleet(cluster: name, hosts: hosts, time: time)
        }

        var world: OperationWorld { world(lease: nil) }

        func world(lease: Lease?) -> OperationWorld {
            OperationWorld(
                hosts: fleet, hostSource: fleet, containers: fleet, containerSource: fleet, cluster: fleet,
                control: fleet, memory: StoreMemory(store: store, lease: lease), clock: time)
        }

        func plan() throws -> OperationPlan {
            let files = Dictionary(
                uniqueKeysWithValues: specification.hosts.map { host in
                    (
                        host.host,
                        HostFiles(
                            compose: FileToPlace(
                                path: OnHostPath.composeFile(of: specification.cluster.name),
                                contents: PlainFiles.compose(
                                    layout.nodes(on: host.host), cluster: specification.cluster.name,
                                    clusterID: layout.clusterID, image: specification.cluster.image)),
                            properties: Dictionary(
                                uniqueKeysWithValues: layout.nodes(on: host.host).map {
                                    (
                                        $0.id,
                                        FileToPlace(
                                            path: OnHostPath.properties(of: $0.id, cluster: specification.cluster.name),
                                            contents: PlainFiles.properties(of: $0))
                                    )
                                }), users: [:], digests: [:],
                            always: [FileToPlace(path: "/opt/kafka-docker/orders/layout.json", contents: [3])])
                    )
                })
            return try Bootstrap(
                fleet: specification, layout: layout, surveys: [], files: files, canary: true,
                now: Timestamp(milliseconds: 0)
            )
            .plan(arguments: [], reason: nil)
        }

        /// Runs the operation as a worker would; each call is another process.
        func run(_ id: OperationID, pid: Int32) throws -> OperationEnding? {
            let holder = Holder(techhost: "t", pid: pid, bootID: "b", startTicks: 1, user: "root")
            let name = specification.cluster.name
            let present = try store.lease(of: name)
            let lease = try store.acquireLease(
                cluster: name, operation: id, holder: holder, replacing: present?.token, at: time.now())
            let engine = OperationEngine(store: store, world: world(lease: lease))
            let ending = time.run { try? await engine.run(lease) }
            return try #require(ending)
        }
    }

    let id = OperationID(createdAt: Timestamp(milliseconds: 0), salt: 1)

    @Test func `a plan lets hosts be prepared side by side and waits only where it must`() throws {
        let plan = try Setting().plan()
        #expect(plan.defect == nil)
        let first = Scheduler.decide(OperationProgress(plan: plan), running: [], width: 64)
        #expect(first == .run([StepID("record-layout", "orders")]))
        let after = OperationProgress.fold(
            plan,
            [
                JournaledEvent(
                    sequence: 1, at: Timestamp(milliseconds: 0),
                    event: .outcome(StepID("record-layout", "orders"), .done(note: nil)))
            ])
        guard case .run(let steps) = Scheduler.decide(after, running: [], width: 64) else {
            Issue.record("nothing may begin")
            return
        }
        #expect(steps.count == 6, "files and image of each of three hosts")
    }

    @Test func `an empty fleet becomes a cluster that works, and every step has an intent before its outcome`() throws {
        let setting = try Setting()
        try setting.store.create(id, plan: try setting.plan(), at: setting.time.now())
        #expect(try setting.run(id, pid: 1) == .done)
        #expect(setting.fleet.effects.filter { $0.hasPrefix("format ") }.count == 9)
        #expect(setting.fleet.effects.filter { $0.hasPrefix("create ") }.count == 9)
        var intended: Set<StepID> = []
        for event in try setting.store.events(of: id, after: 0, limit: 10_000) {
            switch event.event {
            case .intent(let step): intended.insert(step)
            case .outcome(let step, .done): #expect(intended.contains(step))
            default: break
            }
        }
        let quorum = try #require(setting.fleet.effects.lastIndex { $0.hasPrefix("create controller") })
        let broker = try #require(setting.fleet.effects.firstIndex { $0.hasPrefix("create broker") })
        #expect(quorum < broker)
    }

    @Test func `a second run finds everything as it should be and has no effect`() throws {
        let setting = try Setting()
        try setting.store.create(id, plan: try setting.plan(), at: setting.time.now())
        #expect(try setting.run(id, pid: 1) == .done)
        // Until a session is over, a registration may be that of a process that died.
        _ = setting.time.run { try? await setting.time.sleep(for: .seconds(15)) }
        let effects = setting.fleet.effects
        // A broker that has just started may be taken for the one before it, whose session still lasts.
        _ = setting.time.run { try? await setting.time.sleep(for: .seconds(30)) }
        let again = OperationID(createdAt: Timestamp(milliseconds: 1000), salt: 2)
        try setting.store.create(again, plan: try setting.plan(), at: setting.time.now())
        #expect(try setting.run(again, pid: 2) == .done)
        #expect(setting.fleet.effects == effects)
        for event in try setting.store.events(of: again, after: 0, limit: 10_000) {
            if case .outcome(let step, let outcome) = event.event {
                guard case .unchanged = outcome else {
                    Issue.record("\(step) ended with \(outcome)")
                    continue
                }
            }
        }
    }

    @Test func `killed at any journal write and resumed, it ends the same and does nothing twice`() throws {
        let whole = try Setting()
        try whole.store.create(id, plan: try whole.plan(), at: whole.time.now())
        #expect(try whole.run(id, pid: 1) == .done)
        let writes = try whole.store.events(of: id, after: 0, limit: 10_000).count
        #expect(writes > 40)
        for deathAfter in 0...writes {
            let setting = try Setting()
            try setting.store.create(id, plan: try setting.plan(), at: setting.time.now())
            setting.store.die(afterWrites: deathAfter + 1)
            #expect(try setting.run(id, pid: 1) == nil || deathAfter >= writes, "dies after write \(deathAfter)")
            setting.store.die(afterWrites: nil)
            #expect(try setting.run(id, pid: 2) == .done, "resumed after write \(deathAfter)")
            #expect(
                setting.fleet.effects.sorted() == whole.fleet.effects.sorted(), "resumed after write \(deathAfter)")
        }
    }

    @Test func `a broker that is dead is started again, and nothing else is touched`() throws {
        let setting = try Setting()
        try setting.store.create(id, plan: try setting.plan(), at: setting.time.now())
        #expect(try setting.run(id, pid: 1) == .done)
        let effects = setting.fleet.effects
        setting.fleet.kill(node: try #require(NodeID(rawValue: 3)))
        let again = OperationID(createdAt: Timestamp(milliseconds: 1000), salt: 2)
        try setting.store.create(again, plan: try setting.plan(), at: setting.time.now())
        #expect(try setting.run(again, pid: 2) == .done)
        #expect(setting.fleet.effects.dropFirst(effects.count) == ["start broker-3"])
    }

    @Test func `a host that stops answering fails its steps as unreachable, and the others are prepared`() throws {
        let setting = try Setting()
        let host = try #require(HostName(rawValue: "10.0.0.12"))
        setting.fleet.withState { $0.hosts[host]?.isReachable = false }
        try setting.store.create(id, plan: try setting.plan(), at: setting.time.now())
        guard case .failed = try setting.run(id, pid: 1) else {
            Issue.record("it did not fail")
            return
        }
        let progress = OperationProgress.fold(
            try setting.plan(), try setting.store.events(of: id, after: 0, limit: 10_000))
        #expect(progress.state(of: StepID("place-files", "10.0.0.12"))?.failure?.unreachable == true)
        #expect(progress.state(of: StepID("format", "9001"))?.isSatisfied == true)
        #expect(progress.state(of: StepID("start-nodes", "controllers/10.0.0.11")) == .pending)
        setting.fleet.withState { $0.hosts[host]?.isReachable = true }
        #expect(try setting.run(id, pid: 2) == .done)
    }

    @Test func `a directory with another cluster's data is never formatted`() throws {
        let setting = try Setting()
        let node = try #require(setting.layout.brokers.first)
        setting.fleet.withState {
            $0.hosts[node.host]?.formatted[node.dataDirectories[0]] = MetaProperties(
                clusterID: ClusterID(rawValue: "another"), nodeID: node.id, directoryID: nil)
        }
        try setting.store.create(id, plan: try setting.plan(), at: setting.time.now())
        guard case .failed(let reason) = try setting.run(id, pid: 1) else {
            Issue.record("it did not fail")
            return
        }
        #expect(reason.contains("belongs to cluster another"))
        #expect(!setting.fleet.effects.contains { $0.hasPrefix("format") && $0.contains(node.dataDirectories[0]) })
    }

    @Test func `a worker whose lease was taken over has no further effect`() throws {
        let setting = try Setting()
        try setting.store.create(id, plan: try setting.plan(), at: setting.time.now())
        let name = setting.specification.cluster.name
        let old = try setting.store.acquireLease(
            cluster: name, operation: id,
            holder: Holder(techhost: "t", pid: 1, bootID: "b", startTicks: 1, user: "root"), replacing: nil,
            at: setting.time.now())
        _ = try setting.store.acquireLease(
            cluster: name, operation: id,
            holder: Holder(techhost: "t", pid: 2, bootID: "b", startTicks: 1, user: "root"), replacing: old.token,
            at: setting.time.now())
        let engine = OperationEngine(store: setting.store, world: setting.world(lease: old))
        let outcome = setting.time.run { () -> String in
            do { return "\(try await engine.run(old))" } catch { return "\(error)" }
        }
        #expect(try #require(outcome).hasPrefix("fenced"))
        #expect(setting.fleet.effects == [])
    }
}

/// The store's values as a port.
struct StoreMemory: FleetMemory {
    let store: MemoryStore
    let lease: Lease?

    func value(_ key: String) async throws -> String? { try store.value(key) }
    func setValue(_ value: String, for key: String) async throws {
        try store.setValue(value, for: key, under: try #require(lease))
    }
}

extension DirectoryID {
    static var fallback: DirectoryID {
        guard let id = DirectoryID(rawValue: "AAAAAAAAAAAAAAAAAAAAAA") else { fatalError("the id is valid") }
        return id
    }
}
