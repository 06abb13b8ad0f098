public import FleetModel

/// What can be done about a host that does not answer. Every message that such a host causes ends in the same two ways:
/// none sends the operator to a command that is refused for the same reason.
public enum WaysOut {
    /// Bring the host back, or take it out as dead.
    /// - Parameters:
    ///   - host: the host, which has nodes of the cluster.
    ///   - remedy: what may bring it back.
    /// - Returns: what to do, in a sentence.
    public static func silent(_ host: HostName, _ remedy: String) -> String {
        "bring it back (\(remedy)); or, once it is gone for good and its brokers have been silent for two minutes: "
            + "gantry removehost \(host) --dead"
    }
}
