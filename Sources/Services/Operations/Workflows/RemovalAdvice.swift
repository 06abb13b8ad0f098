import FleetModel

/// What stays on hosts behind a removal, for the operator: where it lies, and the command that takes it away.
enum RemovalAdvice {
    /// Data directories that a removal leaves, one line a host.
    static func data(of brokers: [NodePlacement], _ commands: HostCommands) -> [String] {
        lines(of: brokers, "the data of broker", until: "once nobody needs it", commands)
    }

    /// Directories of controllers that left a quorum: Kafka may ask for them until its next upgrade.
    static func data(ofControllers controllers: [NodePlacement], _ commands: HostCommands) -> [String] {
        lines(of: controllers, "the directory of controller", until: "after the next upgrade", commands)
    }

    /// A host that was taken out as dead, and on which nothing could be removed.
    static func gone(_ host: HostName) -> String {
        "\(host) still has this cluster's containers, files, data and \(HostService.unit). Should it come back, its "
            + "brokers start by themselves: with \(host) in virthosts, gantry bootstrap takes all but the data away at once; "
            + "take it out of virthosts when it can't come back"
    }

    private static func lines(
        of nodes: [NodePlacement], _ what: String, until when: String, _ commands: HostCommands
    ) -> [String] {
        Dictionary(grouping: nodes, by: \.host).sorted { $0.key < $1.key }.map { host, nodes in
            let names = nodes.map(\.id.description).joined(separator: ", ")
            let paths = nodes.flatMap(\.dataDirectories).map(ShellQuoting.word).joined(separator: " ")
            return "\(what)\(nodes.count == 1 ? "" : "s") \(names) stays on \(host); \(when): "
                + commands.line("rm -rf \(paths)", on: host, asRoot: true)
        }
    }
}
