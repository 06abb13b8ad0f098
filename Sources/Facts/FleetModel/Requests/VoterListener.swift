/// A listener of a controller.
public struct VoterListener: Hashable, Sendable {
    /// The listener's name in the controllers' properties: `CONTROLLER`.
    public var name: String
    /// Where it listens.
    public var endpoint: Endpoint

    /// The listener `name` at `endpoint`.
    public init(name: String, endpoint: Endpoint) { (self.name, self.endpoint) = (name, endpoint) }
}
