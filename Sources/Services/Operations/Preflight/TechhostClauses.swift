import FleetModel
import HealthRules

/// What the machine must be that gantry runs on.
extension Assumptions {
    /// The journal of years, logs, and plans of large clusters.
    private static let stateRoom = ByteCount(256 << 20)
    /// Three a host: its master, its forwarded socket, a command; and what everything else needs.
    private static func filesNeeded(_ hosts: Int) -> Int64 { Int64(128 + 4 * hosts) }

    static let techhostClauses: [Clause] = [
        Clause(techhost: "T1", "OpenSSH's programs are there, 8.4 or later.") { facts, look in
            guard look.fleet.cluster.transport == .ssh else { return .pass("no host is reached by SSH") }
            guard let words = facts.ssh else {
                return .fail("no-ssh", "there is no ssh", remedy: "apt-get install openssh-client")
            }
            let digits = words.drop { !$0.isNumber }.prefix { $0.isNumber || $0 == "." }
            let numbers = digits.split(separator: ".").compactMap { Int($0) }
            guard let major = numbers.first else { return .unknown("ssh says '\(words.prefix(80))'") }
            return major > 8 || major == 8 && numbers.dropFirst().first ?? 0 >= 4
                ? .pass("OpenSSH \(digits)")
                : .fail("ssh-too-old", "OpenSSH \(digits)", remedy: "install OpenSSH 8.4 or later")
        },
        Clause(techhost: "T2", "Its state directory has \(stateRoom) free.") { facts, _ in
            guard let state = facts.state else { return .unknown("it does not tell") }
            return state.free >= stateRoom
                ? .pass("\(state.path): \(state.free) free")
                : .fail("no-room", "\(state.path): \(state.free) free", remedy: "free space there")
        },
        Clause(techhost: "T3", "It may open \(filesNeeded(0)) files, and 4 for every host.") { facts, look in
            guard let files = facts.files else { return .unknown("it does not tell") }
            let need = filesNeeded(look.fleet.hosts.count)
            return files >= need
                ? .pass(files == .max ? "unlimited" : "\(files)")
                : .fail("open-files", "\(files), and \(need) are needed", remedy: "ulimit -n \(need)")
        },
        Clause(techhost: "T4", "Every virtual host's name leads to an address there, never to a loopback.") {
            facts, look in
            for host in look.fleet.hosts.map(\.host) {
                guard let found = facts.names[host] else { return .unknown("it does not tell of \(host)") }
                if found.isEmpty {
                    return .fail(
                        "name-unknown", "it does not know the name \(host)", remedy: "name it in DNS or /etc/hosts")
                }
                if look.fleet.cluster.transport == .ssh,
                    let loopback = found.first(where: { $0.hasPrefix("127.") || $0 == "::1" })
                {
                    return .fail(
                        "name-is-loopback", "\(host) is \(loopback) there: the other hosts would call themselves",
                        remedy: "write the address that others know it by in virthosts")
                }
            }
            return .pass(counted(look.fleet.hosts.count, "name"))
        },
        Clause(techhost: "T5", "Something keeps its clock right.") { facts, _ in
            guard let synchronised = facts.machine.isSynchronised else {
                return .unknown("it does not tell whether its clock is synchronised")
            }
            return synchronised
                ? .pass("synchronised")
                : .warn(
                    "time", "nothing has synchronised its clock",
                    remedy: "systemctl enable --now systemd-timesyncd")
        },
        Clause(techhost: "T6", "It has two cores and 512 MiB of memory.") { facts, _ in
            guard let cores = facts.machine.cores, let memory = facts.machine.memory else {
                return .unknown("it does not tell")
            }
            let evidence = "\(counted(cores, "core")), \(memory)"
            return cores >= 2 && memory >= ByteCount(512 << 20)
                ? .pass(evidence) : .warn("techhost-small", evidence, remedy: "large clusters want a larger machine")
        },
        Clause(techhost: "T7", "The image archive that defaults.cfg names can be read.") { facts, look in
            guard let path = look.fleet.cluster.imageArchive else { return .pass("none is named") }
            guard let problem = facts.errands.archive else { return .pass(path) }
            return .warn(
                "image-archive", "\(path): \(problem)",
                remedy:
                    "docker save \(look.fleet.cluster.image) | gzip > \(path), or name another file in image_archive "
                    + "of defaults.cfg; hosts that have the image do without")
        },
        Clause(techhost: "T8", "Mail can leave it: its server is there, or a sendmail.") { facts, look in
            guard let notify = look.fleet.notify else { return .pass("nobody wants mail") }
            guard let problem = facts.errands.mail else { return .pass(notify.smtp?.url ?? "sendmail") }
            return .warn(
                "mail-server", problem,
                remedy: "see that it runs and that firewalls let this machine through, or correct notify.smtp of "
                    + "defaults.cfg; until then mail is kept")
        },
        Clause(techhost: "T9", "Programs in hooks.d and monitor.d can be run, and only their owner can write them.") {
            facts, _ in
            let idle = facts.errands.idlePrograms
            guard let first = idle.first else { return .pass("nothing is wrong with any") }
            return .warn(
                first.isMisnamed ? "hook-misnamed" : "program-refused",
                idle.map { "\($0.name) is not run: \($0.reason)" }.joined(separator: "; "), remedy: first.remedy)
        },
    ]
}
