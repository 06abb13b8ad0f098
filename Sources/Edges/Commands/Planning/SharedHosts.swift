import FleetModel
import PlacementPlanning

/// Partitions with more replicas than there are hosts: some of them share a host, whatever the plan.
enum SharedHosts {
    /// A line for people, where there are any after `plan`.
    static func notes(_ plan: MovePlan, _ input: PlacementInput) -> [String] {
        // A broker that names no host has one of its own.
        let hosts = Set(input.brokers.map { $0.host ?? "broker \($0.id)" }).count
        let changes = Dictionary(
            plan.changes.map { ($0.partition, $0.to.count) }, uniquingKeysWith: { first, _ in first })
        var count = 0
        for row in 0..<input.partitionCount {
            let partition = input.partition(row)
            if changes[partition] ?? input.replicas(of: row).count > hosts { count += 1 }
        }
        guard count > 0 else { return [] }
        let verb = count == 1 ? "has" : "have"
        return [
            "\(counted(count, "partition")) \(verb) more replicas than there are hosts (\(hosts)): two or more share a host, "
                + "and are lost with it together"
        ]
    }
}
