public import FleetModel

/// A step on a host as a whole.
public protocol HostStep: Step {
    /// The host.
    var target: HostName { get }
}

extension HostStep {
    /// The host's name.
    public var object: String { target.rawValue }
    /// `host 10.0.0.11`.
    public var subject: String { "host \(target)" }
    /// The host.
    public var host: HostName? { target }
}

/// A step on one node.
public protocol NodeStep: Step {
    /// The node.
    var node: NodePlacement { get }
}

extension NodeStep {
    /// The node's id.
    public var object: String { node.id.description }
    /// `broker 3`.
    public var subject: String { "\(node.role.rawValue) \(node.id)" }
    /// Its host.
    public var host: HostName? { node.host }
}

/// A step on what is no host's own.
public protocol ClusterStep: Step {}

extension ClusterStep {
    /// `cluster`.
    public var subject: String { "cluster" }
    /// None.
    public var host: HostName? { nil }
}
