// FleetModel is not imported here: its settings of the same name are the operator's, these are ssh's.
import SecureShell

/// A host behind SSH. What is nil is left to the operator's own configuration.
func secureShell(
    host: String, user: String?, port: UInt16?, identity: String?, configuration: String?, knownHosts: String?,
    controlDirectory: ControlDirectory
) throws(SSHError) -> SecureShell {
    SecureShell(
        try SSHSettings(
            host: host, user: user, port: port, identity: identity, configuration: configuration,
            knownHosts: knownHosts), controlDirectory: controlDirectory)
}
