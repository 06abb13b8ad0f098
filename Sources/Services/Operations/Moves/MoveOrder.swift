public import FleetModel
public import PlacementPlanning

/// A plan as its execution needs it: the way of each partition from where it is to where it belongs.
public struct MoveOrder: Sendable {
    /// One request to Kafka: a list with at most one new replica in it.
    public struct Hop: Hashable, Sendable, Codable {
        /// The list to ask for, preferred leader first.
        public var target: [NodeID]
        /// The broker that gets a replica; nil where replicas only go.
        public var adding: NodeID?
        /// Bytes to copy.
        public var bytes: ByteCount

        /// A hop of these parts.
        public init(target: [NodeID], adding: NodeID?, bytes: ByteCount) {
            (self.target, self.adding, self.bytes) = (target, adding, bytes)
        }
    }

    /// The way of one partition.
    public struct Route: Hashable, Sendable, Codable {
        /// The partition.
        public var partition: TopicPartition
        /// Its list when it was planned, preferred leader first.
        public var from: [NodeID]
        /// Its list at the end, preferred leader first.
        public var to: [NodeID]
        /// Who leads while its data moves, where that is another broker than before.
        public var leader: NodeID?
        /// Its hops in order; none where the order of the list is all that changes.
        public var hops: [Hop]

        /// A route of these parts.
        public init(partition: TopicPartition, from: [NodeID], to: [NodeID], leader: NodeID? = nil, hops: [Hop]) {
            self.partition = partition
            self.from = from
            self.to = to
            self.leader = leader
            self.hops = hops
        }
    }

    /// What the moves are for.
    public enum Goal: Hashable, Sendable {
        /// These brokers are to hold nothing, whatever comes to be meanwhile.
        case empty([NodeID])
        /// The routes are all there is to do.
        case routes
    }

    /// What the moves are for.
    public var goal: Goal
    /// Routes in the order in which they are to begin.
    public var routes: [Route]

    /// An order of these parts.
    public init(goal: Goal, routes: [Route]) { (self.goal, self.routes) = (goal, routes) }

    /// What `plan` wants done.
    public init(_ plan: MovePlan) {
        switch plan.event {
        case .drain(let brokers, _): goal = .empty(brokers)
        case .replace(let old, _): goal = .empty([old])
        default: goal = .routes
        }
        var routes = plan.changes.map { Route(partition: $0.partition, from: $0.from, to: $0.to, hops: []) }
        for step in plan.leadersFirst where routes.indices.contains(step.change) {
            routes[step.change].leader = step.leader
        }
        var order: [Int] = []
        for move in plan.moves where routes.indices.contains(move.change) {
            if routes[move.change].hops.isEmpty { order.append(move.change) }
            routes[move.change].hops.append(Hop(target: move.target, adding: move.adding, bytes: move.bytes))
        }
        self.routes = order.map { routes[$0] } + routes.filter(\.hops.isEmpty)
    }

    /// Bytes of all hops.
    public var bytes: ByteCount { routes.reduce(.zero) { $1.hops.reduce($0) { $0 + $1.bytes } } }

    /// The brokers that are to hold nothing.
    public var leaving: [NodeID] { if case .empty(let brokers) = goal { brokers } else { [] } }
}
