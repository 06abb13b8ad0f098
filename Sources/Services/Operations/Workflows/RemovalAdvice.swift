import FleetModel

/// What stays on hosts behind a removal, for the operator: where it lies, and the command that takes it away.
enum RemovalAdvice {
    /// Data directories that a removal leaves, one line a host.
    static func data(of brokers: [NodePlacement], _ commands: HostCommands) -> [String] {
        byHost(brokers).map { host, nodes in
            let names = nodes.map(\.id.description).joined(separator: ", ")
            return "the data of \(nodes.count == 1 ? "broker" : "brokers") \(names) stays on \(host); "
                + "once nobody needs it: " + deletion(of: nodes, on: host, commands)
        }
    }

    /// Directories of controllers that left a quorum: Kafka may ask for them until its next upgrade.
    static func data(ofControllers controllers: [NodePlacement], _ commands: HostCommands) -> [String] {
        byHost(controllers).map { host, nodes in
            let names = nodes.map(\.id.description).joined(separator: ", ")
            return "the directory of \(nodes.count == 1 ? "controller" : "controllers") \(names) stays on \(host); "
                + "after the next upgrade: \(deletion(of: nodes, on: host, commands))"
        }
    }

    /// A host that was taken out as dead, and on which nothing could be removed.
    static func gone(_ host: HostName) -> String {
        "\(host) still has this cluster's containers, files, data and \(HostService.unit). Should it come back, its "
            + "brokers start by themselves: with \(host) in virthosts, gantry bootstrap takes all but the data away at once; "
            + "take it out of virthosts when it can't come back"
    }

    private static func byHost(_ nodes: [NodePlacement]) -> [(HostName, [NodePlacement])] {
        Dictionary(grouping: nodes, by: \.host).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static func deletion(of nodes: [NodePlacement], on host: HostName, _ commands: HostCommands) -> String {
        let paths = nodes.flatMap(\.dataDirectories).map(ShellQuoting.word).joined(separator: " ")
        return commands.line("rm -rf \(paths)", on: host, asRoot: true)
    }
}
