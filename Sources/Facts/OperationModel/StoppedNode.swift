public import FleetModel

/// A node that an operation has stopped and neither started again nor taken out.
public struct StoppedNode: Hashable, Sendable {
    /// The node as people name it: `broker 3`.
    public var subject: String
    /// Its host.
    public var host: HostName
    /// Whether that is known; else it may be stopped.
    public var isCertain: Bool
    /// Whether it leaves the cluster: going on takes it out, and does not start it.
    public var isLeaving: Bool

    /// A node of these parts.
    public init(subject: String, host: HostName, isCertain: Bool, isLeaving: Bool) {
        (self.subject, self.host, self.isCertain, self.isLeaving) = (subject, host, isCertain, isLeaving)
    }

    /// Its id, and what it is.
    public var node: (id: NodeID, role: String)? {
        let words = subject.split(separator: " ")
        guard words.count == 2, let id = Int32(words[1]).flatMap(NodeID.init(rawValue:)) else { return nil }
        return (id, String(words[0]))
    }
}

extension OperationPlan {
    /// The kind of step that stops a node for a moment.
    private static let pausingKind = "stop-safely"
    /// The kind of step that stops a node which leaves.
    private static let stoppingKind = "stop-node"
    /// Kinds of steps behind which a node that was stopped runs, or is gone for good.
    private static let settlingKinds: Set<String> = ["start-again", "remove-node"]

    /// Nodes that are left stopped where steps stand so.
    fileprivate func stopped(_ states: [StepState], isGivenUp: Bool) -> [StoppedNode] {
        steps.indices.compactMap { index in
            let (step, state) = (steps[index], states[index])
            let isLeaving = step.kind == Self.stoppingKind
            guard isLeaving || step.kind == Self.pausingKind, state.isSatisfied || state == .intended,
                let host = step.host
            else { return nil }
            let later = steps.indices.dropFirst(index + 1).filter {
                steps[$0].subject == step.subject && Self.settlingKinds.contains(steps[$0].kind)
            }
            guard !later.contains(where: { states[$0].isSatisfied }) else { return nil }
            let isCertain = state.isSatisfied && !isGivenUp && later.allSatisfy { states[$0] == .pending }
            return StoppedNode(subject: step.subject, host: host, isCertain: isCertain, isLeaving: isLeaving)
        }
    }
}

extension OperationProgress {
    /// So many are named for people; programs get them all.
    private static let named = 10

    /// Nodes that it has stopped, and neither started again nor taken out, once no worker is on it any more. One that was
    /// given up has started them again.
    public var stoppedNodes: [StoppedNode] {
        if case .aborted = ending { return [] }
        return plan.stopped(states, isGivenUp: request == .abort)
    }

    /// What is said of them, a line each.
    public func stoppedWords(_ id: OperationID) -> [String] {
        let nodes = stoppedNodes
        let lines = nodes.prefix(Self.named).map { node in
            let (resume, abort) = ("gantry operation resume \(id)", "gantry operation abort \(id)")
            return "\(node.subject) on \(node.host) \(node.isCertain ? "is" : "may be") stopped: \(resume) "
                + (node.isLeaving ? "takes it out, \(abort) starts it again" : "or \(abort) starts it again")
        }
        return lines + (nodes.count > Self.named ? ["and \(nodes.count - Self.named) more nodes"] : [])
    }
}
