import FleetModel
import HealthRules
import Observation

/// What the machine is.
extension Assumptions {
    /// What the system itself needs beside the containers.
    private static let systemMemory = ByteCount(512 << 20)
    /// Debian's releases that provisioning knows, and those that all of this is tested on.
    private static let systems = ["debian 12", "debian 13"]

    static let machineClauses: [Clause] = [
        Clause("H10", "Its system is Debian 12 or 13.") { subject in
            subject.known(\.system, "its system") { system in
                systems.contains(system)
                    ? .pass(system)
                    : .warn(
                        "system", "its system is \(system)",
                        remedy: "nothing, if its Docker is 20.10 or later: --provision is for Debian 12 and 13 alone")
            }
        },
        Clause("H11", "Its memory holds what the containers of its nodes may use, and \(systemMemory) for itself.") {
            subject in
            subject.known(\.memory, "its memory") { memory in
                let limit = subject.wanted?.memory ?? .zero
                let count = max(subject.nodes.count, subject.wanted?.brokers ?? 0)
                let need = (0..<count).reduce(systemMemory) { sum, _ in sum + limit }
                let evidence = "\(memory) for \(counted(count, "node")) of \(limit)"
                return memory >= need
                    ? .pass(evidence)
                    : .fail(
                        "memory", "\(evidence) and \(systemMemory) for itself, which is \(need)",
                        remedy: "lower memory: or brokers: of \(subject.host)")
            }
        },
        Clause("H12", "It has a core for every broker.") { subject in
            subject.known(\.cores, "its cores") { cores in
                let brokers =
                    subject.layout == nil
                    ? subject.wanted?.brokers ?? 0 : subject.nodes.count { $0.role == .broker }
                if let wanted = subject.wanted, wanted.hasCPUSets == true, let cpus = wanted.cpus {
                    let ports = subject.nodes.filter { $0.role == .broker }.map(\.port)
                    let last = (ports.map { wanted.place(ofBrokerAt: $0) }.max() ?? brokers - 1) + 1
                    if cores < last * cpus {
                        return .fail(
                            "cores",
                            "\(counted(cores, "core")), and sets of \(cpus) for \(counted(last, "broker")) take \(last * cpus)",
                            remedy: "lower cpus: or brokers: of \(subject.host), or leave cpu_sets out")
                    }
                }
                let evidence = "\(counted(cores, "core")) for \(counted(brokers, "broker"))"
                return cores >= brokers
                    ? .pass(evidence)
                    : .warn("cores", evidence, remedy: "fewer brokers: of \(subject.host), or more cores")
            }
        },
        Clause("H13", "It is neither the techhost nor a host that virthosts lists under another name.") { subject in
            subject.known(\.bootID, "the id of its boot") { boot in
                let twins = subject.look.surveys.filter {
                    $0.host != subject.host && (try? $0.answers.get())?.machine?.bootID == boot
                }
                if let twin = twins.first {
                    return .fail(
                        "same-host", "\(subject.host) and \(twin.host) are one machine",
                        remedy: "take one of the two out of virthosts")
                }
                guard subject.look.fleet.cluster.transport == .ssh, subject.look.techhost?.machine.bootID == boot else {
                    return .pass("a machine of its own")
                }
                return .warn(
                    "techhost", "it is the techhost itself: what stops it stops the operation that works on it",
                    remedy: "run gantry on another machine")
            }
        },
        Clause("H14", "Something keeps its clock right.", fix: timeFix) { subject in
            subject.known(\.isSynchronised, "whether its clock is synchronised") { synchronised in
                synchronised
                    ? .pass("synchronised")
                    : .warn(
                        "time", "nothing has synchronised its clock",
                        remedy: subject.line("systemctl enable --now systemd-timesyncd"))
            }
        },
        Clause("H15", "Its clock is at most a second from the techhost's.", fix: timeFix) { subject in
            subject.known(\.skew, "its time") { skew in
                let ahead = skew < .zero ? "behind" : "ahead"
                let distance = skew < .zero ? .zero - skew : skew
                let evidence = "\(spelled(distance)) \(ahead)"
                if distance <= .seconds(1) { return .pass(distance == .zero ? "the same" : evidence) }
                let remedy = subject.line("timedatectl") + " shows it: synchronise both clocks"
                return distance > largestSkew
                    ? .fail("skew", evidence, remedy: remedy) : .warn("skew", evidence, remedy: remedy)
            }
        },
        Clause("H16", "Its default locale is one that it has.") { subject in
            subject.known(\.locale, "its locale") { locale in
                guard let problem = subject.machine?.localeProblem else { return .pass(locale) }
                return .warn(
                    "locale", "\(locale): \(problem)", remedy: subject.line("localectl set-locale LANG=C.UTF-8"))
            }
        },
    ]

    /// Beyond it, records carry times that retention and clients' own checks stumble over.
    private static let largestSkew: Duration = .seconds(30)

    /// Where another program is there for it, only the operator knows why it does not run.
    @Sendable private static func timeFix(_ subject: ClauseSubject) -> [HostChange] {
        guard let machine = subject.machine, machine.isSynchronised == false,
            machine.programs.isDisjoint(with: ["chronyd", "ntpd"]),
            !machine.programs.isDisjoint(with: ["systemd-timesyncd", "apt-get"])
        else { return [] }
        return [.timeSynchronisation]
    }

    /// A time as operators say it.
    static func spelled(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        switch seconds {
        case ..<10: return "\(seconds).\(attoseconds / 100_000_000_000_000_000) s"
        case ..<120: return "\(seconds) s"
        case ..<7200: return "\(seconds / 60) min"
        default: return "\(seconds / 3600) h"
        }
    }
}
