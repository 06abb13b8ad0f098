import FleetConfiguration
import FleetModel

/// What the commands of `gantry image` share.
enum ImageCommands {
    static let entry = CommandEntry(
        group: "image", "make the image, bring it to the hosts, and see which one runs where",
        details: [
            "The image of every node is cluster.image. It is made from k/Dockerfile, and comes to a host from "
                + "cluster.image_archive, else from cluster.registry, else from the techhost's Docker, else from another host "
                + "that has it, else by a pull. bootstrap and addhost bring it where it lacks.",
            "With cluster.registry, hosts pull it with its login, which stands in no command line, file or log of theirs.",
        ],
        examples: [
            .init("gantry image build", "make it from k/Dockerfile"),
            .init("gantry image distribute --yes", "bring it to every host that lacks it"),
            .init("gantry image list", "which digest is where, and which one runs"),
        ],
        [
            CommandEntry(ImageBuildCommand.self), CommandEntry(ImageDistributeCommand.self),
            CommandEntry(ImageListCommand.self),
        ])

    /// `names`, or all hosts.
    static func hosts(
        _ names: [HostName], of configuration: FleetConfiguration
    ) throws(CommandError) -> [HostName] {
        let known = configuration.specification.hosts.map(\.host)
        for stranger in names where !known.contains(stranger) {
            throw CommandError(
                "unknown-host", "\(stranger) is not in virthosts", object: configuration.directory.configurationFile,
                next: "add it there, or name one of \(known.prefix(5).map(\.rawValue).joined(separator: ", "))",
                exit: .refused)
        }
        return names.isEmpty ? known : names
    }

    /// A digest as people read it.
    static func short(_ digest: String) -> String { String(digest.split(separator: ":").last?.prefix(12) ?? "") }
}
