import FleetModel
import FleetSimulator
import OperationModel
import Operations
import Testing

@testable import FleetRuntime

/// SSH is cut, Docker is restarted, the controller changes, the network is cut and the power is lost, in each stage of each
/// operation, on the host that it is about and on another one: the same end as without, or a stop that says what to do
/// and from which it can be gone on with to that end.
struct FaultInEachStageTests {
    enum Trouble: String, CaseIterable, CustomTestStringConvertible {
        case sshCut, dockerRestarted, controllerChanges, networkCut, rebooted

        var testDescription: String { rawValue }

        func inflict(on host: HostName, _ state: inout FleetState) {
            switch self {
            case .sshCut: state.inflict(.host(.silentSSH, host, for: .seconds(60)))
            case .dockerRestarted: state.inflict(.host(.dockerStopped, host, for: .seconds(5)))
            case .networkCut: state.inflict(.host(.cutOff, host, for: .seconds(60)))
            case .rebooted: state.inflict(.host(.rebooting, host, for: nil))
            case .controllerChanges:
                if let active = state.kafka.activeController { state.inflict(.container(.crash, active)) }
            }
        }
    }

    /// Four hosts of one broker each, with a topic that only broker 4 has.
    private static func play(
        _ trouble: Trouble, hosts: [Int], leaving: Set<Int32> = [],
        _ prepare: (LivingCluster) throws -> MovePreparation
    ) async throws {
        try await LivingCluster.with(hosts: 4, brokers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.topic("sole", [[4], [4]], size: 100 << 20)
            try cluster.topic("safe", [[4, 1, 2], [1, 4, 3], [2, 3, 4], [3, 1, 2]], size: 100 << 20)
            let before = cluster.fleet.withState { $0 }
            for number in trouble == .controllerChanges ? [hosts[0]] : hosts {
                cluster.fleet.withState { $0 = before }
                let host = try cluster.host(number)
                try FaultInEachStage.plays(in: &cluster, leaving: leaving, { trouble.inflict(on: host, &$0) }, prepare)
            }
        }
    }

    @Test(arguments: Trouble.allCases)
    func `removebroker comes to the same end`(trouble: Trouble) async throws {
        try await Self.play(trouble, hosts: [4, 3], leaving: [4]) { try $0.removeBrokers(4, deletesData: true) }
    }

    @Test(arguments: Trouble.allCases)
    func `addbroker with rebalance comes to the same end`(trouble: Trouble) async throws {
        try await Self.play(trouble, hosts: [3, 4]) { try $0.addBroker(try $0.host(3), 1, rebalances: true) }
    }

    @Test(arguments: Trouble.allCases)
    func `rebalance comes to the same end`(trouble: Trouble) async throws {
        try await LivingCluster.with(hosts: 3, brokers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.topic("t", Array(repeating: [1, 2], count: 9), size: 200 << 20)
            let host = try cluster.host(3)
            try FaultInEachStage.plays(in: &cluster, { trouble.inflict(on: host, &$0) }) { try $0.rebalance() }
        }
    }

    @Test(arguments: Trouble.allCases)
    func `removehost of a controller's host comes to the same end`(trouble: Trouble) async throws {
        try await Self.play(trouble, hosts: [1, 3], leaving: [1]) { try $0.removeHosts(1) }
    }
}
