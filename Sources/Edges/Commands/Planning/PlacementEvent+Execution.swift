import PlacementPlanning

extension PlacementEvent {
    /// What executes it, where a plan of moves alone was made for it: `gantry apply` takes only plans of operations.
    var wayToExecute: String {
        switch self {
        case .leaders: "gantry rebalance --leaders-only evens out the running cluster's leaders"
        case .replicationFactor: Self.byKafka("replicationfactor COUNT [TOPIC…]")
        case .repairSpread: Self.byKafka("repairspread")
        case .replace(let old, let new):
            "gantry removebroker \(old) \(new) \(new) drains broker \(old) onto \(new), and removes it"
        case .drain, .rebalance: "gantry plan COMMAND… -o FILE on the running cluster makes one that can be applied"
        }
    }

    private static func byKafka(_ words: String) -> String {
        "gantry plan \(words) --reassignment-json FILE writes it for kafka-reassign-partitions.sh --execute"
    }

    /// Whether an operation of gantry can be planned for it, so that `gantry apply` takes it.
    var hasOperation: Bool {
        switch self {
        case .drain, .rebalance: true
        case .leaders, .replicationFactor, .repairSpread, .replace: false
        }
    }
}
