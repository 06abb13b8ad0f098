import FleetModel
import HealthRules
import Observation

/// What should be the same on all hosts: each is compared with most of them.
extension Assumptions {
    static let consistencyClauses: [Clause] = [
        alike("H36", "Its kernel is the one that most hosts have.") { $0.machine?.kernel },
        alike("H37", "Its Docker is the one that most hosts have.") { (try? $0.containers?.get())?.docker.version },
        alike("H38", "Its MTU is that of most hosts.") { $0.mtu.map(String.init) },
        alike("H39", "Its time zone is that of most hosts.") { $0.machine?.zone },
        alike("H40", "Its kernel values and limits are those of most hosts.") { survey in
            guard let machine = survey.machine, !machine.kernelValues.isEmpty else { return nil }
            // fs.file-max follows from the memory.
            let values = machine.kernelValues.filter { $0.key != "fs.file-max" }.sorted { $0.key < $1.key }
            let files = machine.containerFiles.map { $0 == .max ? "unlimited" : "\($0)" } ?? "?"
            return values.map { "\($0.key) \($0.value)" }.joined(separator: ", ") + ", open files \(files)"
        },
        alike("H41", "Its data is mounted as on most hosts.") { survey in
            guard let disks = survey.machine?.disks, !disks.isEmpty else { return nil }
            return Set(
                disks.map { disk in
                    let words = disk.options.filter {
                        ["ro", "noatime", "relatime", "strictatime", "sync"].contains($0)
                    }
                    return ([disk.kind] + words).joined(separator: ",")
                }
            ).sorted().joined(separator: " and ")
        },
    ]

    private static func alike(
        _ id: String, _ title: String, _ value: @escaping @Sendable (HostSurvey) -> String?
    ) -> Clause {
        Clause(id, title) { subject in
            guard subject.answers != nil else { return .unknown(ClauseSubject.noSSH) }
            guard let own = value(subject.survey) else { return .unknown("it does not tell") }
            let groups = subject.look.groups(value)
            guard groups.count > 1, let most = groups.first,
                most.value != own || groups[1].hosts.count == most.hosts.count
            else { return .pass(own) }
            let isTie = groups[1].hosts.count == most.hosts.count
            let others = isTie ? groups.first { $0.value != own } : most
            guard let others, let example = others.hosts.first else { return .pass(own) }
            return .warn(
                "differs",
                "\(own); \(counted(others.hosts.count, "host")) (\(example)) \(others.hosts.count == 1 ? "has" : "have") "
                    + others.value,
                remedy: "make them the same, or waive it where they are meant to differ")
        }
    }
}

extension HostSurvey {
    /// What the machine is; nil where SSH did not get that far.
    var machine: MachineFacts? { (try? answers.get())?.machine }
}
