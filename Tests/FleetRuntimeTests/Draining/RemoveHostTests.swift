import FleetModel
import FleetSimulator
import HealthRules
import OperationModel
import Operations
import PlacementPlanning
import Processes
import Testing
import Threads

@testable import FleetRuntime

/// Hosts that leave, on the simulated fleet.
struct RemoveHostTests {
    @Test func `a controller's host leaves: another votes first, nothing is lost, nothing is left`() async throws {
        try await LivingCluster.with(hosts: 4, brokers: 2) { cluster in
            try cluster.bootstrap()
            try cluster.load()
            let sizes = try cluster.sizes()
            #expect(try cluster.voters() == [9001, 9002, 9003])
            let preparation = try cluster.removeHosts(1)
            let plan = try #require(preparation.plan, "\(preparation.blockers)")
            let advice = (plan.advice ?? "").split(separator: "\n")
            #expect(
                advice == [
                    "take out of virthosts by hand: 10.0.0.11: line 2 of defaults.cfg",
                    "the data of brokers 1, 2 stays on 10.0.0.11; once nobody needs it: "
                        + "ssh 10.0.0.11 rm -rf /data/orders/1 /data/orders/2",
                    "the directory of controller 9001 stays on 10.0.0.11; after the next upgrade: "
                        + "ssh 10.0.0.11 rm -rf /data/orders/9001",
                ])
            let ending = try cluster.work(plan)
            #expect(ending == .done)
            #expect(try cluster.voters() == [9002, 9003, 9004])
            #expect(try cluster.sizes() == sizes)
            #expect(try cluster.lists().values.allSatisfy { !$0.contains(1) && !$0.contains(2) })
            #expect(try cluster.leftovers() == [])
            #expect(try cluster.worries() == [])
            let status = try cluster.status()
            #expect(
                status.findings.map { "\($0.severity) \($0.rule) \($0.subject)" } == [
                    "ok controller-not-voter controller 9001"
                ])
            let host = try cluster.host(1)
            let left = cluster.fleet.withState { Array($0.hosts[host]?.files.keys ?? [:].keys) }
            #expect(left.filter { $0.hasPrefix("/opt/kafka-docker/orders/") } == [])
            #expect(cluster.fleet.withState { $0.hosts[host]?.formatted.keys.contains("/data/orders/9001") } == true)

            // Listed still, it is neither missed nor brought back.
            #expect(try cluster.bootstrapNeeds() == [])
            let again = try cluster.removeHosts(1)
            #expect(again.plan == nil && again.blockers == [])
        }
    }

    // MARK: Brokers that know none of the controllers that remain

    /// Codes and steps of a removal up to the controllers' check.
    private func beginning(_ preparation: MovePreparation) throws -> [String] {
        let ids = try #require(preparation.plan, "\(preparation.blockers)").steps.map(\.id.rawValue)
        return Array(ids.prefix { $0 != "check-stage/controllers" })
    }

    @Test func `before the only controller leaves, brokers are restarted one by one, and none is lost`() async throws {
        try await LivingCluster.with(hosts: 4, brokers: 1, controllers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.load()
            let sizes = try cluster.sizes()
            let preparation = try cluster.removeHosts(1)
            let steps = try beginning(preparation)
            #expect(
                steps.suffix(24) == [
                    "tell-controllers/10.0.0.11", "tell-controllers/10.0.0.12", "tell-controllers/10.0.0.13",
                    "tell-controllers/10.0.0.14", "stop-safely/1", "start-again/1", "lead-again/1",
                    "check-stage/restarted-1", "stop-safely/2", "start-again/2", "lead-again/2",
                    "check-stage/restarted-2", "stop-safely/3", "start-again/3", "lead-again/3",
                    "check-stage/restarted-3", "stop-safely/4", "start-again/4", "lead-again/4",
                    "check-stage/restarted-4", "remove-voter/9001", "stop-node/9001", "retire/9001",
                    "remove-node/9001",
                ], "\(steps)")
            #expect(preparation.notes.contains { $0.contains("brokers 1, 2, 3, 4 know none") }, "\(preparation.notes)")
            let fenced = Locked<[NodeID]?>(nil)
            let step = StepID("remove-voter", "9001")
            let plan = try #require(preparation.plan)
            // A session is over after nine seconds.
            let (_, ending) = try cluster.work(plan, once: step, after: .seconds(13)) { state in
                let found = state.kafka.registeredBrokers().filter(\.fenced).map(\.id)
                fenced.withLock { $0 = found }
            }
            #expect(ending == .done)
            #expect(fenced.withLock { $0 } == [])
            #expect(try cluster.voters() == [9002])
            #expect(try cluster.sizes() == sizes)
            #expect(try cluster.leftovers() == [])
            #expect(try cluster.worries() == [])
        }
    }

    @Test func `what a broker's process knows counts, not what its file says by now`() async throws {
        try await LivingCluster.with(hosts: 7, listed: 6) { cluster in
            try cluster.bootstrap()
            try cluster.load()
            func restarts(_ host: Int) throws -> [String] {
                let preparation = try cluster.removeHosts(host)
                let steps = try beginning(preparation).filter { $0.hasPrefix("stop-safely") }
                #expect(try cluster.work(try #require(preparation.plan)) == .done)
                #expect(try cluster.worries() == [])
                return steps
            }
            #expect(try restarts(1) == [])
            #expect(try restarts(2) == [])
            #expect(try cluster.voters() == [9003, 9004, 9005])
            let hosts = try #require(try cluster.status().layout).controllers.map(\.host.rawValue)
            #expect(hosts == ["10.0.0.13", "10.0.0.14", "10.0.0.15"], "none comes back onto a host that was taken out")
            // Broker 5 has been restarted meanwhile: it has read of 9004.
            #expect(try cluster.work(try #require(try cluster.restart([.node(try cluster.node(5))]).plan)) == .done)
            let last = try restarts(3)
            #expect(last == ["stop-safely/3", "stop-safely/4", "stop-safely/6"], "\(last)")
            #expect(try cluster.voters() == [9004, 9005, 9006])
        }
    }

    @Test func `what waits while a broker is restarted is asked about before anything is done`() async throws {
        try await LivingCluster.with(hosts: 4, brokers: 1, controllers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.topic("alone", [[2]])
            let refused = try cluster.removeHosts(1)
            #expect(cluster.codes(refused) == ["no-spare-replica"])
            #expect(refused.plan == nil)
            let accepted = try cluster.removeHosts(1, accepting: [Acceptance(code: "no-spare-replica", object: nil)])
            #expect(try cluster.work(try #require(accepted.plan)) == .done)
            #expect(try cluster.voters() == [9002])
        }
    }

    @Test func `brokers go one after the other with a check after each, or together with one`() async throws {
        try await LivingCluster.with(hosts: 4, brokers: 2) { cluster in
            try cluster.bootstrap()
            try cluster.load()
            func kinds(_ preparation: MovePreparation) -> [String] {
                (preparation.plan?.steps ?? []).map(\.kind).filter { ["move-data", "check-stage"].contains($0) }
            }
            #expect(kinds(try cluster.removeHosts(4)) == ["move-data", "check-stage", "move-data", "check-stage"])
            #expect(
                kinds(try cluster.removeHosts(4, inOneBatch: true)) == ["move-data", "check-stage", "check-stage"])
        }
    }

    @Test func `of several that leave, none receives another's data`() async throws {
        try await LivingCluster.with(hosts: 5, brokers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.load(partitions: 10)
            let preparation = try cluster.removeHosts(4, 5)
            let plan = try #require(preparation.plan, "\(preparation.blockers)")
            for move in preparation.moves.flatMap(\.moves) { #expect(![4, 5].contains(move.adding?.rawValue)) }
            let ending = try cluster.work(plan)
            #expect(ending == .done)
            #expect(try cluster.lists().values.allSatisfy { Set($0) == [1, 2, 3] })
            #expect(try cluster.worries() == [])
        }
    }

    @Test func `with --delete-data directories of brokers go, those of controllers stay`() async throws {
        try await LivingCluster.with(hosts: 4, brokers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.load()
            #expect(try cluster.work(try #require(try cluster.removeHosts(1, deletesData: true).plan)) == .done)
            let host = try cluster.host(1)
            let formatted = cluster.fleet.withState { Array($0.hosts[host]?.formatted.keys ?? [:].keys) }
            #expect(formatted == ["/data/orders/9001"])
        }
    }

    // MARK: Refusals

    @Test func `an unknown host is refused with the name that was meant`() async throws {
        try await LivingCluster.with(hosts: 4) { cluster in
            try cluster.bootstrap()
            let (session, directory, request) = (cluster.session, cluster.directory, cluster.request)
            let typo = try #require(HostName(rawValue: "10.0.0.15"))
            let preparation = try cluster.run {
                try await session.prepareHostRemoval(
                    HostRemovalWishes(
                        hosts: [typo], inOneBatch: false, deletesData: false, areDead: false, places: [:]), request,
                    directory: directory)
            }
            #expect(cluster.codes(preparation) == ["unknown-host"])
            #expect(preparation.blockers.first?.reason.contains("did you mean 10.0.0.1") == true)
        }
    }

    @Test func `a host without which replicas would share hosts is refused with the smallest remedy`() async throws {
        try await LivingCluster.with(hosts: 3, controllers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.load()
            let preparation = try cluster.removeHosts(3)
            #expect(cluster.codes(preparation) == ["factor"])
            #expect(preparation.blockers.allSatisfy { !$0.remedy.isEmpty })
            #expect(try cluster.bootstrapNeeds() == [])
        }
    }

    @Test func `a controller without another host is refused, unless a smaller quorum is accepted`() async throws {
        try await LivingCluster.with(hosts: 3, brokers: 2) { cluster in
            try cluster.bootstrap()
            try cluster.load(factor: 2)
            let refused = try cluster.removeHosts(3)
            #expect(cluster.codes(refused) == ["controller-hosts"])
            #expect(refused.blockers.first?.reason.contains("2 voters") == true)
            let accepted = try cluster.removeHosts(
                3, accepting: [Acceptance(code: "controller-hosts", object: nil)])
            #expect(try cluster.work(try #require(accepted.plan)) == .done)
            #expect(try cluster.voters() == [9001, 9002])
            #expect(try cluster.worries() == [])
            #expect(try cluster.bootstrapNeeds() == [])
        }
    }

    // MARK: Gone

    @Test func `a host that does not answer is no dead one before its brokers were silent for two minutes`()
        async throws
    {
        try await LivingCluster.with(hosts: 5, brokers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.load()
            let host = try cluster.host(5)
            cluster.inflict(.host(.refusesSSH, host, for: nil))
            #expect(cluster.codes(try cluster.removeHosts(5)) == ["host-unreachable"])
            let serving = try cluster.removeHosts(5, areDead: true)
            #expect(cluster.codes(serving) == ["host-not-dead"], "its broker serves")
            cluster.fleet.withState { $0.heal(host) }
            cluster.inflict(.host(.poweredOff, host, for: nil))
            try cluster.pass(.seconds(20))
            let early = try cluster.removeHosts(5, areDead: true)
            #expect(cluster.codes(early) == ["host-not-dead"])
            #expect(early.blockers.first?.remedy.contains(" in 9") == true, "\(early.blockers)")
            try cluster.pass(.seconds(110))
            let sizes = try cluster.sizes()
            let plan = try #require(try cluster.removeHosts(5, areDead: true).plan)
            #expect(plan.steps.first?.kind == "prove-dead")
            let ending = try cluster.work(plan)
            #expect(ending == .done)
            #expect(try cluster.lists().values.allSatisfy { !$0.contains(5) })
            #expect(try cluster.sizes() == sizes)
            #expect(try cluster.leftovers() == [])

            // It comes back: what runs there is found, stopped, and does not join.
            let five = try cluster.node(5)
            cluster.fleet.withState { $0.heal(host) }
            try cluster.pass(.seconds(120))
            #expect(plan.advice?.contains("Should it come back") == true && plan.advice?.contains("rm -rf") == false)
            #expect(try cluster.worries().contains { $0.hasPrefix("container-leftover broker 5") })
            #expect(cluster.codes(try cluster.addHost(host)) == ["container-left"], "not beside what is left there")

            // The daemon stops what is empty, and nothing that Kafka has placed something on.
            let (session, empty) = (cluster.session, try cluster.status().context)
            let before = cluster.fleet.withState { $0 }
            let stopped = try cluster.run { await session.stopReturned(in: empty) }
            #expect(stopped.allSatisfy { $0.problem == nil } && stopped.contains { $0.0.container.node == five })
            let quiet = try cluster.status().snapshot.host(host)?.containers ?? []
            #expect(!quiet.isEmpty && quiet.allSatisfy { $0.state == .exited }, "\(quiet)")
            cluster.fleet.withState { $0 = before }
            try cluster.topic("sole", [[5]])
            let held = try cluster.status().context
            #expect(ReturnedNodes.needless(in: held).allSatisfy { $0.container.node != five })

            // It is drained before anything stops it.
            #expect(try cluster.worries().contains { $0.contains("1 replica is assigned to it: do not stop it") })
            let blocker = try #require(try cluster.prepareBootstrap().blockers.first)
            #expect(blocker.code == "broker-not-empty" && blocker.remedy == "gantry removebroker 5", "\(blocker)")
            let drained = try cluster.work(try #require(try cluster.removeBrokers(5).plan))
            #expect(drained == .done)
            #expect(try cluster.lists().values.allSatisfy { !$0.isEmpty && !$0.contains(5) })
            #expect(try cluster.status().snapshot.cluster.value?.broker(try cluster.node(5)) == nil)
            #expect(try cluster.leftovers() == [])
            let left = try cluster.status().snapshot.host(host)?.containers.filter { $0.role == .broker }
            #expect(left?.isEmpty == true)
            try cluster.bootstrap()
            let files = cluster.fleet.withState { $0.hosts[host]?.files.keys.sorted() ?? [] }
            #expect(files.filter { $0.hasPrefix("/opt/kafka-docker") || $0.contains(HostService.unit) } == [])
            let status = try cluster.status()
            #expect(status.snapshot.host(host)?.containers.isEmpty == true)
            #expect(status.snapshot.cluster.value?.broker(try cluster.node(5)) == nil)
            #expect(try cluster.worries() == [])
            #expect(try cluster.bootstrapNeeds() == [])

            #expect(try cluster.work(try #require(try cluster.addHost(host).plan)) == .done)
            #expect(try cluster.status().layout?.nodes(on: host).map(\.id.rawValue) == [6])
            let unit = cluster.fleet.withState { $0.hosts[host]?.files[HostService.unitPath] }
            #expect(unit != nil, "it starts with the machine")
            #expect(try cluster.worries() == [])
        }
    }

    @Test func `one that comes back while it is taken out as dead is stopped, and does not join`() async throws {
        try await LivingCluster.with(hosts: 5, brokers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.load()
            let host = try cluster.host(5)
            cluster.inflict(.host(.poweredOff, host, for: nil))
            try cluster.pass(.seconds(180))
            let plan = try #require(try cluster.removeHosts(5, areDead: true).plan)
            let before = cluster.fleet.withState { $0 }
            let steps = plan.steps.filter { ["move-data", "verify-empty", "unregister"].contains($0.kind) }
            #expect(steps.count == 3)
            for step in steps {
                cluster.fleet.withState { $0 = before }
                cluster.store = MemoryStore()
                let (_, ending) = try cluster.work(plan, once: step.id) {
                    $0.heal(host)
                    $0.advance(to: $0.now + .seconds(90))
                }
                #expect(ending == .done, "\(step.id)")
                let status = try cluster.status()
                #expect(status.snapshot.cluster.value?.broker(try cluster.node(5)) == nil, "\(step.id)")
                #expect(try cluster.lists().values.allSatisfy { !$0.contains(5) })
            }
        }
    }

    @Test
    func `a retired node's container beside nodes that leave is named at the end, and what is named gets rid of it`()
        async throws
    {
        try await LivingCluster.with(hosts: 5, brokers: 2) { cluster in
            try cluster.bootstrap()
            let host = try cluster.host(5)
            let broker = try #require(try cluster.status().layout?.nodes(on: host).last { $0.role == .broker })
            let dead = cluster.fleet.withState { state in
                var other = state
                other.kill(broker.id)
                return other.hosts[host]?.containers[broker.id]
            }
            let container = try #require(dead)
            #expect(try cluster.work(try #require(try cluster.removeBrokers(broker.id.rawValue).plan)) == .done)
            cluster.fleet.withState { $0.hosts[host]?.containers[broker.id] = container }

            guard case .failed(let reason)? = try cluster.work(try #require(try cluster.removeHosts(5).plan)) else {
                Issue.record("the host was cleaned beside a container")
                return
            }
            #expect(reason.contains(container.name), "\(reason)")
            try cluster.bootstrap()
            #expect(cluster.fleet.withState { $0.hosts[host]?.containers.isEmpty } == true)
            let again = try cluster.removeHosts(5)
            #expect(again.plan == nil && again.blockers.isEmpty, "\(again.blockers)")
        }
    }

    @Test func `what is left of the cluster on a host that was removed goes with the same command again`() async throws
    {
        try await LivingCluster.with(hosts: 5, brokers: 1) { cluster in
            try cluster.bootstrap()
            let host = try cluster.host(5)
            #expect(try cluster.work(try #require(try cluster.removeHosts(5).plan)) == .done)
            let none = try cluster.removeHosts(5)
            #expect(none.plan == nil && none.blockers.isEmpty, "nothing is left")

            let file = OnHostPath.layout(of: cluster.session.fleet.cluster.name)
            let other = try cluster.host(1)
            cluster.fleet.withState {
                let content = $0.hosts[other]?.files[file]
                $0.hosts[host]?.files[file] = content
            }
            let again = try cluster.removeHosts(5)
            #expect(again.plan?.steps.map(\.kind) == ["remove-service", "clean-host"])
            #expect(try cluster.work(try #require(again.plan)) == .done)
            #expect(
                cluster.fleet.withState { $0.hosts[host]?.files.keys.filter { $0.hasPrefix("/opt/kafka-docker") } }
                    == [])
            #expect(try cluster.removeHosts(5).plan == nil)
        }
    }

    @Test func `data that only a dead broker has is given up by its topic's name alone`() async throws {
        try await LivingCluster.with(hosts: 4, brokers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.topic("sole", [[4], [4]])
            try cluster.topic("safe", [[4, 1], [2, 4]])
            cluster.fleet.withState { $0.kill(NodeID(rawValue: 4) ?? $0.kafka.registeredBrokers()[3].id) }
            try cluster.pass(.seconds(30))
            #expect(cluster.codes(try cluster.removeBrokers(4)) == ["sole-replica"])
            for wrong in [Acceptance(code: "sole-replica", object: nil), .init(code: "sole-replica", object: "safe")] {
                #expect(cluster.codes(try cluster.removeBrokers(4, accepting: [wrong])) == ["sole-replica"])
            }
            let plan = try #require(
                try cluster.removeBrokers(4, accepting: [.init(code: "sole-replica", object: "sole")]).plan)
            let ending = try cluster.work(plan)
            #expect(ending == .done)
            let (lists, sizes) = (try cluster.lists(), try cluster.sizes())
            #expect(lists.values.allSatisfy { !$0.contains(4) })
            for (partition, size) in sizes {
                #expect(size == (partition.topic == "sole" ? .zero : ByteCount(20 << 20)), "\(partition)")
            }
            #expect(try cluster.leftovers() == [])
            #expect(try cluster.worries() == [])
        }
    }
}
