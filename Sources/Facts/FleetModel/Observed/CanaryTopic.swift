/// The topics through which a record is sent to prove that a broker works: one a broker, its only replica there.
public enum CanaryTopic {
    /// What all of them begin with.
    public static let prefix = "__gantry-canary-"

    /// The topic of broker `id`.
    public static func name(of id: NodeID) -> String { "\(prefix)\(id)" }

    /// The broker that `topic` belongs to; nil when it is no canary's topic.
    public static func broker(of topic: String) -> NodeID? {
        topic.hasPrefix(prefix) ? NodeID(topic.dropFirst(prefix.count)) : nil
    }
}
