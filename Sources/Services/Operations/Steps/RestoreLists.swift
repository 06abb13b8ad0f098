public import FleetModel
public import OperationModel

/// Brings partitions back to the lists that they had before an operation, their order and leaders too.
public struct RestoreLists: ClusterStep {
    /// Names the type in plans.
    public static let kind = "restore-lists"
    /// The operation that is taken back.
    public var operation: OperationID
    /// The way back of each partition.
    public var routes: [MoveOrder.Route]
    /// The nodes of the cluster.
    public var layout: ClusterLayout
    /// How data is moved.
    public var options: MoveOptions

    /// Takes `operation` back by `routes`.
    public init(operation: OperationID, routes: [MoveOrder.Route], layout: ClusterLayout, options: MoveOptions) {
        (self.operation, self.routes, self.layout, self.options) = (operation, routes, layout, options)
    }

    /// The operation's id.
    public var object: String { operation.rawValue }
    /// As people write it.
    public var subject: String { "data" }
    /// One line for people.
    public var title: String {
        let bytes = routes.reduce(ByteCount.zero) { $1.hops.reduce($0) { $0 + $1.bytes } }
        return "bring \(counted(routes.count, "partition")) back to their old lists, \(bytes)"
    }

    /// Never: a record of an earlier worker must be taken back in every case.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe { .needed }

    /// Moves.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        var mover = try await mover(context)
        return try await mover.run()
    }

    /// Takes moves under way back, and the throttle.
    public func abandon(_ context: StepContext) async throws(StepFailure) -> String? {
        var mover = try await mover(context)
        return try await mover.abandon()
    }

    private func mover(_ context: StepContext) async throws(StepFailure) -> Mover {
        try await Mover(context, MoveOrder(goal: .routes, routes: routes), layout: layout, options: options)
    }
}
