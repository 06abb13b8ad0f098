import FleetModel
import HealthRules
import Observation

/// How hosts reach each other.
extension Assumptions {
    static let networkClauses: [Clause] = [
        Clause("H22", "It has the address that virthosts gives it, and no other host claims that address.") { subject in
            subject.withMachine { machine in
                let own = addresses(subject.host, subject)
                let claim = subject.look.surveys.first { other in
                    other.host != subject.host
                        && own.contains { (try? other.answers.get())?.machine?.addresses[$0] != nil }
                        && (try? other.answers.get())?.machine?.bootID != machine.bootID
                }
                if let claim {
                    return .fail(
                        "address-claimed-twice", "\(claim.host) has \(subject.host)'s address too",
                        remedy: subject.commands.line("ip address", on: claim.host) + " shows it: give it another one")
                }
                guard !own.isEmpty, !machine.addresses.isEmpty else {
                    return .unknown("it does not tell its addresses")
                }
                if let found = own.first(where: { machine.addresses[$0] != nil }) {
                    return .pass("\(found) on \(machine.addresses[found] ?? "")")
                }
                return .warn(
                    "address-translated",
                    "none of its interfaces has \(own.joined(separator: ", ")): it is reached by translation",
                    remedy: "see that the other hosts and the clients reach it by that address too")
            }
        },
        Clause("H23", "Every host's name leads to the same address on every host, and never to a loopback.") {
            subject in
            withPeers(subject) { answers in
                // Debian's own: the installer writes 127.0.1.1 for the host's own name.
                for (peer, found) in answers.names.sorted(by: { $0.key < $1.key }) {
                    // Where its nodes go by another address, its own name leads only its operator there.
                    if subject.look.fleet.host(peer)?.address != nil { continue }
                    if found.isEmpty {
                        return .fail(
                            "name-unknown", "it does not know the name \(peer)",
                            remedy: "name it in DNS, or in /etc/hosts of every host")
                    }
                    if let loopback = found.first(where: isLoopback) {
                        return .fail(
                            "name-is-loopback", "\(peer) is \(loopback) there",
                            remedy: subject.line("grep -n \(peer) /etc/hosts") + " shows the line to take out")
                    }
                    let here = subject.look.techhost?.names[peer] ?? []
                    if !here.isEmpty, Set(here).isDisjoint(with: found) {
                        return .fail(
                            "name-differs",
                            "\(peer) is \(found.joined(separator: ", ")) there and "
                                + "\(here.joined(separator: ", ")) on the techhost",
                            remedy: "make DNS or /etc/hosts say the same everywhere")
                    }
                }
                let machine = subject.machine
                guard let name = machine?.name, name == subject.host.rawValue,
                    let loopback = machine?.nameAddresses.first(where: isLoopback)
                else { return .pass(counted(answers.names.count, "name")) }
                return .warn(
                    "name-is-loopback", "its own name is \(loopback) there: its brokers reach each other only on it",
                    remedy: subject.line("grep -n \(loopback) /etc/hosts") + " shows the line to take out")
            }
        },
        Clause("H24", "Packets as large as its interface sends reach every other host whole.") { subject in
            withPeers(subject) { answers in
                let cut = answers.packets.filter { $0.value == .cut }.keys.sorted()
                if let first = cut.first {
                    return .fail(
                        "mtu-path",
                        "packets of \(subject.survey.mtu ?? 0) bytes do not reach \(first)"
                            + others(cut.count) + ", small ones do",
                        remedy: "set the same MTU on all interfaces and switches between the two")
                }
                let whole = answers.packets.count { $0.value == .whole }
                guard whole == answers.names.count else {
                    return .unknown("echo is not answered by \(counted(answers.names.count - whole, "host"))")
                }
                return .pass("\(subject.survey.mtu ?? 0) bytes to \(counted(whole, "host"))")
            }
        },
        Clause(
            "H25", "The other hosts reach the ports of its nodes.", blocking: true, fix: openPorts
        ) { subject in
            guard subject.answers != nil else { return .unknown(ClauseSubject.noSSH) }
            let closed = closedPorts(subject)
            if let first = closed.first {
                let ports = Set(closed.map(\.port)).sorted().map(String.init).joined(separator: ", ")
                return .fail(
                    "port-unreachable",
                    "from \(first.from) port \(ports) \(first.why)\(others(Set(closed.map(\.from)).count))",
                    remedy: "open it in the firewall between them"
                        + (subject.machine?.firewalls.first.map { "; \($0) filters on \(subject.host)" } ?? ""))
            }
            if subject.look.surveys.count < 2 { return .pass("there is no other host") }
            guard subject.look.peers != nil else { return .unknown("the hosts were not asked about each other") }
            let asked = subject.look.surveys.filter { other in
                other.host != subject.host && answers(of: other.host, subject)?.ports[subject.host] != nil
            }
            guard !asked.isEmpty || subject.nodes.isEmpty else { return .unknown("no other host could look") }
            return .pass("from \(counted(asked.count, "host"))")
        },
        Clause("H26", "No firewall filters it, or one that lets its nodes' ports in.", fix: openPorts) { subject in
            subject.withMachine { machine in
                guard let firewall = machine.firewalls.first else { return .pass("none") }
                let names = machine.firewalls.joined(separator: ", ")
                if closedPorts(subject).isEmpty, subject.look.peers?.answers.isEmpty == false {
                    return .pass("\(names), which lets them in")
                }
                let ports = subject.nodes.map { "\($0.port)" }.joined(separator: ", ")
                return .warn("firewall", "\(names) filters", remedy: "let ports \(ports) in by \(firewall)")
            }
        },
    ]

    /// Ports of its nodes that another host does not reach, and how that was said.
    private static func closedPorts(_ subject: ClauseSubject) -> [(from: HostName, port: UInt16, why: String)] {
        let opens = Set(subject.look.peers == nil ? [] : subject.nodes.map(\.port))
        return subject.look.surveys.flatMap { other -> [(from: HostName, port: UInt16, why: String)] in
            guard other.host != subject.host, let ports = answers(of: other.host, subject)?.ports[subject.host] else {
                return []
            }
            let listening = subject.answers?.listening ?? []
            return ports.sorted { $0.key < $1.key }.compactMap { port, found in
                guard opens.contains(port) else { return nil }
                switch found {
                case .open: return nil
                // Of a node that is down nobody listens; where somebody does, a firewall has answered.
                case .refused: return listening.contains(port) ? (other.host, port, "is refused") : nil
                case .silent: return (other.host, port, "gives no answer")
                case .failed(let words):
                    return (
                        other.host, port,
                        words.hasPrefix("failed: ")
                            ? "fails: \(words.dropFirst(8))" : "fails: \(words)"
                    )
                }
            }
        }
    }

    @Sendable private static func openPorts(_ subject: ClauseSubject) -> [HostChange] {
        let ports = Set(closedPorts(subject).map(\.port)).sorted()
        guard let firewall = subject.machine?.firewalls.first(where: { ["ufw", "firewalld"].contains($0) }),
            !ports.isEmpty
        else { return [] }
        return [.openPorts(ports, firewall: firewall)]
    }

    private static func answers(of host: HostName, _ subject: ClauseSubject) -> PeerAnswers? {
        try? subject.look.peers?.answers[host]?.get()
    }

    private static func withPeers(_ subject: ClauseSubject, _ judge: (PeerAnswers) -> ClauseVerdict) -> ClauseVerdict {
        guard subject.answers != nil else { return .unknown(ClauseSubject.noSSH) }
        switch subject.look.peers?.answers[subject.host] {
        case .success(let answers): return judge(answers)
        case .failure(let problem): return .unknown(problem.reason)
        case nil:
            return subject.look.surveys.count < 2
                ? .pass("there is no other host") : .unknown("no other host could be asked")
        }
    }

    /// The addresses under which others reach a host: its own name is one, or is looked up on the techhost.
    private static func addresses(_ host: HostName, _ subject: ClauseSubject) -> [String] {
        if let address = subject.look.fleet.host(host)?.address { return [address] }
        let found = subject.look.techhost?.names[host] ?? []
        return found.isEmpty ? [host.rawValue] : found
    }

    private static func isLoopback(_ address: String) -> Bool {
        address.hasPrefix("127.") || address == "::1"
    }

    private static func others(_ count: Int) -> String { count > 1 ? " (and from \(count - 1) more)" : "" }
}
