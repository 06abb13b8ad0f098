import FleetModel
import HealthRules

/// What Kafka wants of the kernel.
extension Assumptions {
    /// Each log segment is two mappings; Kafka's own documentation asks for this many.
    static let wantedMaps: Int64 = 262_144
    /// Files of the whole system: each broker may have 100,000 of them.
    private static let wantedFiles: Int64 = 500_000
    /// Kafka's documentation asks for 100,000 open files a broker.
    static let wantedContainerFiles: Int64 = 100_000
    /// Fewer than these, and a broker of some hundred partitions fails.
    private static let leastContainerFiles: Int64 = 4096
    static let wantedSwappiness: Int64 = 10

    static let kernelClauses: [Clause] = [
        Clause(
            "H27", "vm.max_map_count is at least \(wantedMaps).",
            fix: { _ in [.kernelValue(name: "vm.max_map_count", value: wantedMaps, isLeast: true)] }
        ) { subject in
            kernelValue("vm.max_map_count", subject) { $0 >= wantedMaps }
        },
        Clause(
            "H28", "fs.file-max is at least \(wantedFiles).",
            fix: { _ in [.kernelValue(name: "fs.file-max", value: wantedFiles, isLeast: true)] }
        ) { subject in
            kernelValue("fs.file-max", subject) { $0 >= wantedFiles }
        },
        Clause(
            "H29", "It has no swap, or vm.swappiness is at most \(wantedSwappiness).",
            fix: { _ in [.kernelValue(name: "vm.swappiness", value: wantedSwappiness, isLeast: false)] }
        ) { subject in
            if subject.machine?.swap == .zero { return .pass("it has no swap") }
            return kernelValue("vm.swappiness", subject) { $0 <= wantedSwappiness }
        },
        Clause("H30", "A process in a container may open \(wantedContainerFiles) files.") { subject in
            if let granted = subject.look.openFiles, granted >= wantedContainerFiles {
                return .pass("\(granted) by k/docker-compose.yml")
            }
            return subject.known(\.containerFiles, "the limits of its Docker") { files in
                if files >= wantedContainerFiles { return .pass(files == .max ? "unlimited" : "\(files)") }
                let remedy = "write ulimits: { nofile: \(wantedContainerFiles) } in k/docker-compose.yml"
                return files < leastContainerFiles
                    ? .fail("open-files", "\(files)", remedy: remedy) : .warn("open-files", "\(files)", remedy: remedy)
            }
        },
    ]

    private static func kernelValue(
        _ name: String, _ subject: ClauseSubject, _ isEnough: (Int64) -> Bool
    ) -> ClauseVerdict {
        subject.withMachine { machine in
            guard let value = machine.kernelValues[name] else { return .unknown("it does not tell \(name)") }
            return isEnough(value) ? .pass("\(value)") : .warn("kernel-value", "\(name) is \(value)", remedy: "")
        }
    }
}
