import FleetModel
import HealthRules

/// What lies under the data directories.
extension Assumptions {
    /// A segment has three files; a broker of a few thousand partitions has some ten thousand of them.
    private static let leastInodes: Int64 = 10_000
    private static let fewInodes: Int64 = 100_000
    private static let goodKinds: Set<String> = ["ext4", "xfs"]
    private static let badKinds: Set<String> = ["tmpfs", "ramfs", "overlay", "nfs", "nfs4", "cifs", "vfat", "squashfs"]

    static let diskClauses: [Clause] = [
        Clause("H17", "Its data directories lie on ext4 or xfs.") { subject in
            withDisks(subject) { disks in
                let named = disks.map { "\($0.path): \($0.kind)" }.joined(separator: ", ")
                if let bad = disks.first(where: { badKinds.contains($0.kind) }) {
                    return .fail(
                        "file-system", "\(bad.path) lies on \(bad.kind), which does not keep a broker's data safely",
                        remedy: "name a directory on ext4 or xfs in data: of \(subject.host)")
                }
                guard let other = disks.first(where: { !goodKinds.contains($0.kind) }) else { return .pass(named) }
                return .warn(
                    "file-system", "\(other.path) lies on \(other.kind)",
                    remedy: "ext4 or xfs are what Kafka is run on most")
            }
        },
        Clause("H18", "The file systems of its data can be written, and note no time of each read.") { subject in
            withDisks(subject) { disks in
                if let disk = disks.first(where: { $0.options.contains("ro") }) {
                    return .fail(
                        "read-only", "\(disk.mountPoint), which holds \(disk.path), is mounted read-only",
                        remedy: subject.line("dmesg") + " shows why; then mount -o remount,rw \(disk.mountPoint)")
                }
                let slow = disks.first { $0.options.contains("strictatime") || $0.options.contains("sync") }
                guard let slow else { return .pass(disks.map { shownOptions($0) }.joined(separator: ", ")) }
                return .warn(
                    "mount-options", "\(slow.mountPoint) is mounted with \(slow.options.joined(separator: ","))",
                    remedy: "mount it with noatime, and without sync")
            }
        },
        Clause("H19", "Its data lies on disks of their own, not on the system's.") { subject in
            withDisks(subject) { disks in
                guard let shared = disks.first(where: \.isSystems) else {
                    return .pass(disks.map { "\($0.path) on \($0.mountPoint)" }.joined(separator: ", "))
                }
                return .warn(
                    "system-disk", "\(shared.path) lies on the system's disk: a full log stops the system too",
                    remedy: "mount a disk of its own there, or name another directory in data: of \(subject.host)")
            }
        },
        Clause("H20", "Their file systems have \(fewInodes) inodes free.") { subject in
            withDisks(subject) { disks in
                let limited = disks.filter { $0.inodes > 0 }
                guard let least = limited.min(by: { $0.freeInodes < $1.freeInodes }) else {
                    return .pass("made as needed")
                }
                let evidence = "\(least.path): \(least.freeInodes) of \(least.inodes) free"
                if least.freeInodes >= fewInodes { return .pass(evidence) }
                let remedy = "delete what is not needed, or make the file system anew with more (mkfs.ext4 -N)"
                return least.freeInodes < leastInodes
                    ? .fail("inodes", evidence, remedy: remedy) : .warn("inodes", evidence, remedy: remedy)
            }
        },
        Clause("H21", "Disks that defaults.cfg wants formatted are blank, or serve already.") { subject in
            guard let wanted = subject.wanted?.disks, !wanted.isEmpty else { return .pass("none") }
            return subject.withMachine { machine in
                let mounted = Set(machine.disks.map(\.mountPoint))
                let open = wanted.filter { !mounted.contains($0.path) }
                for disk in open {
                    guard let found = machine.devices[disk.device] else {
                        return .unknown("it does not tell what is on \(disk.device)")
                    }
                    guard !found.isEmpty else { continue }
                    if found == noDevice {
                        return .fail(
                            "no-device", "\(disk.device): \(found)",
                            remedy: "see \(subject.line("lsblk")), and name another one in disks: of \(subject.host)")
                    }
                    return .fail(
                        "disk-not-blank", "\(disk.device) is not blank: \(found)",
                        remedy: "name another one in disks: of \(subject.host); this one is never formatted")
                }
                return .pass(
                    open.isEmpty
                        ? "all are mounted" : "\(open.map(\.device).joined(separator: ", ")): blank, for --provision")
            }
        },
    ]

    /// As the look at a machine says it of a name behind which there is no disk.
    private static let noDevice = "it is no block device"

    /// What forbids the formatting of the disks that defaults.cfg names, before anything is done to their host.
    static func diskBlockers(_ subject: ClauseSubject) -> [Blocker] {
        guard let clause = diskClauses.first(where: { $0.id == "H21" }) else { return [] }
        let verdict = clause.judge(subject)
        guard verdict.result == .fail else { return [] }
        return [
            Blocker(
                code: verdict.code, object: "host \(subject.host)", reason: verdict.evidence, remedy: verdict.remedy)
        ]
    }

    static func shownOptions(_ disk: DiskFacts) -> String {
        let words = disk.options.filter { ["rw", "ro", "noatime", "relatime", "nodiratime", "discard"].contains($0) }
        return "\(disk.mountPoint): \(words.joined(separator: ","))"
    }

    private static func withDisks(
        _ subject: ClauseSubject, _ judge: ([DiskFacts]) -> ClauseVerdict
    ) -> ClauseVerdict {
        subject.withMachine { machine in
            let data = subject.wanted?.data ?? []
            let missing = data.filter { path in !machine.disks.contains { $0.path == path } }
            guard missing.isEmpty else {
                return .unknown("it does not tell of \(missing.joined(separator: ", "))")
            }
            return judge(machine.disks)
        }
    }
}
