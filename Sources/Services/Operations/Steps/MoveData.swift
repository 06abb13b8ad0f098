public import FleetModel
public import OperationModel
public import PlacementPlanning

/// Moves data: leaders first, then copies in a window without barriers, throttled, until every list is what was planned
/// and brokers that leave hold nothing.
public struct MoveData: ClusterStep {
    /// Names the type in plans.
    public static let kind = "move-data"
    /// What the step is called within its plan: the brokers that leave, or `cluster`.
    public var stage: String
    /// The plan as `PlanFile` writes it; its digest is checked whenever it is read.
    public var plan: String
    /// For people: how much it moves.
    public var summary: String
    /// The nodes of the cluster.
    public var layout: ClusterLayout
    /// How it is moved.
    public var options: MoveOptions
    /// The brokers that this stage empties; nil: all that the plan's request wants emptied.
    public var emptying: [NodeID]?
    /// Those that leave and were dead before; one that dies meanwhile is started again.
    public var dead: [NodeID]?

    /// Carries `plan` out.
    public init(
        stage: String, plan: MovePlan, layout: ClusterLayout, options: MoveOptions, emptying: [NodeID]? = nil,
        dead: [NodeID]? = nil
    ) {
        (self.emptying, self.dead) = (emptying, dead)
        self.stage = stage
        self.plan = PlanFile.document(plan).text()
        self.layout = layout
        self.options = options
        switch plan.event {
        case .drain(let all, _):
            let brokers = emptying ?? all
            summary =
                "off broker\(brokers.count == 1 ? "" : "s") \(brokers.map(\.description).joined(separator: ", ")), \(plan.report.bytes)"
        default: summary = "\(plan.report.bytes)"
        }
    }

    /// The stage.
    public var object: String { stage }
    /// As people write it.
    public var subject: String { "data" }
    /// One line for people.
    public var title: String { "move data \(summary)" }

    /// Never: whether all is where it belongs takes two looks, and a record of an earlier worker must be taken back.
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
        try await Mover(
            context, plan: readPlan(), emptying: emptying, dead: dead ?? [], layout: layout, options: options)
    }

    /// The plan as a value.
    /// - Throws: a failure when it is damaged or of another version.
    func readPlan() throws(StepFailure) -> MovePlan {
        do {
            return try PlanFile.read(try JSONValue(parsing: plan))
        } catch {
            throw StepFailure(
                code: "plan-unreadable", what: "reading the plan", object: "stage \(stage)", reason: "\(error)",
                remedy: "run the command again: it plans anew")
        }
    }
}
