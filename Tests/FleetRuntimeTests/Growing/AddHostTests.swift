import FleetModel
import FleetSimulator
import HealthRules
import Observation
import OperationModel
import Operations
import Testing

@testable import FleetRuntime

/// `gantry addhost` on the simulated fleet.
struct AddHostTests {
    @Test func `a listed host gets image, brokers and rack, and one that is in already is left as it is`() async throws
    {
        try await LivingCluster.with(hosts: 4, listed: 3, brokers: 2) { cluster in
            try cluster.bootstrap()
            let host = try cluster.host(4)
            let refused = try cluster.addHost(host).blockers
            #expect(refused.map(\.code) == ["unknown-host"])
            #expect(refused.first?.remedy.contains("virthosts: [10.0.0.11, 10.0.0.12, 10.0.0.13, 10.0.0.14]") == true)

            try cluster.list(4)
            let preparation = try cluster.addHost(host)
            #expect(try cluster.work(try #require(preparation.plan, "\(preparation.blockers)")) == .done)
            let status = try cluster.status()
            #expect(status.findings.isEmpty, "\(status.findings)")
            #expect(status.layout?.nodes(on: host).map(\.id.rawValue) == [7, 8])
            let racks = status.snapshot.cluster.value?.brokers.value?.suffix(2).map(\.rack)
            #expect(racks == ["10.0.0.14", "10.0.0.14"])

            let again = try cluster.addHost(host)
            #expect(again.plan == nil && again.blockers.isEmpty)
            #expect(try cluster.bootstrapNeeds().isEmpty)
        }
    }

    @Test func `where the quorum is short of its number the host gets a controller that votes`() async throws {
        try await LivingCluster.with(hosts: 3, listed: 2, controllers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.list(3)
            cluster.specification.cluster.controllers = 3
            let plan = try #require(try cluster.addHost(try cluster.host(3)).plan)
            #expect(plan.steps.contains { $0.id == StepID("add-voter", "9002") })
            #expect(try cluster.work(plan) == .done)
            let status = try cluster.status()
            #expect(status.findings.isEmpty, "\(status.findings)")
            #expect(status.snapshot.cluster.value?.quorum.value?.voters.map(\.id.rawValue) == [9001, 9002])

            // The rest of the number comes by bootstrap, on a host that has brokers only: it joins what runs.
            try cluster.bootstrap()
            let after = try cluster.status()
            #expect(after.snapshot.cluster.value?.quorum.value?.voters.map(\.id.rawValue) == [9001, 9002, 9003])
            #expect(after.findings.isEmpty, "\(after.findings)")
        }
    }

    @Test func `an emptied host is not filled by bootstrap, and comes back by addhost with new ids`() async throws {
        try await LivingCluster.with(hosts: 4, listed: 4) { cluster in
            let host = try cluster.host(4)
            let path = OnHostPath.retired(of: cluster.specification.cluster.name)
            try cluster.list(3)
            try cluster.bootstrap()
            let first = try cluster.host(1)
            cluster.fleet.withState { state in
                state.hosts[first]?.files[path] = FileToPlace(
                    path: path, contents: Array(#"{"emptied":["10.0.0.14"],"retired":[4,5]}"#.utf8))
            }
            try cluster.list(4)
            #expect(try cluster.bootstrapNeeds().isEmpty)
            #expect(try cluster.work(try #require(try cluster.addHost(host).plan)) == .done)
            #expect(try cluster.status().layout?.nodes(on: host).map(\.id.rawValue) == [6])
            #expect(try cluster.bootstrapNeeds().isEmpty)
        }
    }

    @Test func `a host with another cluster's data, or without Docker, is refused`() async throws {
        try await LivingCluster.with(hosts: 4, listed: 3) { cluster in
            try cluster.bootstrap()
            try cluster.list(4)
            let host = try cluster.host(4)
            cluster.fleet.withState {
                $0.hosts[host]?.formatted["/data/orders/4"] = MetaProperties(
                    clusterID: ClusterID(rawValue: "another"), nodeID: NodeID(rawValue: 4), directoryID: nil)
            }
            // Its id was used before, so the next one is taken; foreign data elsewhere is nobody's business.
            #expect(try cluster.addHost(host).plan?.steps.contains { $0.id == StepID("format", "5") } == true)
            cluster.fleet.withState { $0.afflict(host, with: .dockerStopped) }
            #expect(try cluster.addHost(host).blockers.map(\.code) == ["docker-down"])
        }
    }

    @Test func `another controller may become active in any stage`() async throws {
        try await LivingCluster.with(hosts: 4, listed: 3, controllers: 3) { cluster in
            try cluster.bootstrap()
            try cluster.list(4)
            cluster.specification.cluster.controllers = 4
            try EveryWrite.suffers(in: &cluster) { state in
                if let active = state.kafka.activeController { state.crash(active) }
            } _: { cluster in
                try cluster.addHost(try cluster.host(4))
            }
        }
    }

    @Test func `killed at any journal write and resumed, it ends the same`() async throws {
        try await LivingCluster.with(hosts: 3, listed: 2, controllers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.list(3)
            cluster.specification.cluster.controllers = 2
            try EveryWrite.dies(in: &cluster) { try $0.addHost(try $0.host(3)) }
        }
    }
}

extension LivingCluster {
    /// Edits virthosts: so many hosts are listed.
    mutating func list(_ count: Int) throws {
        let template = try #require(specification.hosts.first)
        specification.hosts = try (1...count).map { number in
            var host = template
            host.host = try self.host(number)
            host.rack = host.host.rawValue
            return host
        }
    }
}
