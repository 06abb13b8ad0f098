public import FleetModel
public import Observation

/// What one host is to find out about the others.
public struct PeerQuestion: Hashable, Sendable {
    /// A host that must be reached.
    public struct Peer: Hashable, Sendable {
        /// It.
        public var host: HostName
        /// Ports of its nodes.
        public var ports: [UInt16]
        /// Those of them at which it will listen for this: who is refused there asks again.
        public var opens: Set<UInt16>
        /// Where its nodes are reached.
        public var address: HostName

        /// `host` at `ports`; without an address, under its own name.
        public init(host: HostName, ports: [UInt16], opens: Set<UInt16> = [], address: HostName? = nil) {
            (self.host, self.ports, self.opens, self.address) = (host, ports, opens, address ?? host)
        }
    }

    /// The others.
    public var peers: [Peer]
    /// Ports of its own that no node has yet: it listens there for a moment, so that the others find somebody.
    public var listens: [UInt16]
    /// How many others will call each of them.
    public var callers: Int
    /// The MTU of its interface; nil: the way of large packets is not tried.
    public var mtu: Int?
    /// How long it waits for answers.
    public var patience: Duration

    /// Longer than a lost SYN takes to be sent again (RFC 6298: one second), short enough to be waited for.
    public static let patience: Duration = .milliseconds(2500)

    /// A question about these.
    public init(
        peers: [Peer], listens: [UInt16] = [], callers: Int = 0, mtu: Int? = nil,
        patience: Duration = PeerQuestion.patience
    ) {
        self.peers = peers
        self.listens = listens
        self.callers = callers
        self.mtu = mtu
        self.patience = patience
    }
}

/// What one host found out about the others: read from the lines of a script; what is not understood is left out.
public struct PeerAnswers: Hashable, Sendable {
    /// What came of a connection.
    public enum Port: Hashable, Sendable {
        /// Somebody took it.
        case open
        /// The host answered that nobody listens there: the way is free.
        case refused
        /// No answer: packets are dropped on the way.
        case silent
        /// The network's own words.
        case failed(String)
    }

    /// What came of large packets that may not be cut up.
    public enum Packets: String, Hashable, Sendable {
        /// They came back.
        case whole
        /// Small ones came back and large ones did not.
        case cut
        /// None came back: echo is filtered.
        case silent
    }

    /// What the others' names resolve to there.
    public var names: [HostName: [String]] = [:]
    /// What came of each port of each host.
    public var ports: [HostName: [UInt16: Port]] = [:]
    /// What came of large packets.
    public var packets: [HostName: Packets] = [:]

    /// Nothing was found out.
    public init() {}

    /// The same with each host under its own name, where it was asked for by the address of its nodes.
    public func named(_ peers: [PeerQuestion.Peer]) -> PeerAnswers {
        let own = Dictionary(peers.map { ($0.address, $0.host) }, uniquingKeysWith: { first, _ in first })
        func renamed<Value>(_ values: [HostName: Value]) -> [HostName: Value] {
            Dictionary(values.map { (own[$0.key] ?? $0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        }
        var answers = PeerAnswers()
        (answers.names, answers.ports, answers.packets) = (renamed(names), renamed(ports), renamed(packets))
        return answers
    }

    /// Reads lines of tab-separated fields.
    public init(parsing output: String) {
        for line in output.split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count >= 2, let host = HostName(rawValue: fields[1]) else { continue }
            switch fields[0] {
            case "name": names[host] = fields.dropFirst(2).filter { !$0.isEmpty }
            case "port":
                guard fields.count >= 4, let port = UInt16(fields[2]) else { continue }
                ports[host, default: [:]][port] =
                    switch fields[3] {
                    case "open": .open
                    case "refused": .refused
                    case "silent": .silent
                    default: .failed(fields[3])
                    }
            case "mtu": if fields.count >= 3 { packets[host] = Packets(rawValue: fields[2]) }
            default: continue
            }
        }
    }
}

/// What the hosts found out about each other.
public struct PeerSurvey: Sendable {
    /// Hosts that ask at the same time: those that listen must all be there when the others call.
    static let width = 256

    /// What each host found, or why it could not look.
    public var answers: [HostName: Result<PeerAnswers, HostProblem>]

    /// A survey of these parts.
    public init(answers: [HostName: Result<PeerAnswers, HostProblem>] = [:]) { self.answers = answers }

    /// Lets every host that answered look at all others at once.
    /// - Parameters:
    ///   - surveys: what was learned of each host alone.
    ///   - layout: the nodes that are or will be there.
    ///   - hosts: the way to them.
    /// - Returns: what they found; empty where there is but one host.
    public static func survey(
        _ surveys: [HostSurvey], layout: ClusterLayout?, hosts: any HostControl
    ) async -> PeerSurvey {
        let questions = questions(surveys, layout: layout)
        let found = await mapBounded(questions, width: width) { host, question in
            do throws(HostProblem) {
                return (
                    host, Result<PeerAnswers, HostProblem>.success(try await hosts.lookAtPeers(question, from: host))
                )
            } catch {
                return (host, .failure(error))
            }
        }
        return PeerSurvey(answers: Dictionary(found, uniquingKeysWith: { first, _ in first }))
    }

    /// What each host is to find out.
    static func questions(_ surveys: [HostSurvey], layout: ClusterLayout?) -> [(HostName, PeerQuestion)] {
        let present = surveys.filter { (try? $0.answers.get()) != nil }
        guard present.count > 1 else { return [] }
        let listens = present.map { survey in
            // A node that has a container may come up at any moment: its port is its own, also while it is down.
            let known = Set(survey.seenContainers.compactMap(\.node))
            let listening = (try? survey.answers.get())?.listening ?? []
            guard case .success? = survey.containers else { return [UInt16]() }
            return (layout?.nodes(on: survey.host) ?? []).filter { !known.contains($0.id) }.map(\.port)
                .filter { !listening.contains($0) }
        }
        return zip(present, listens).map { survey, own in
            let peers = zip(present, listens).filter { $0.0.host != survey.host }.map { other, opens in
                PeerQuestion.Peer(
                    host: other.host, ports: layout?.nodes(on: other.host).map(\.port) ?? [], opens: Set(opens),
                    address: layout?.nodes(on: other.host).lazy.compactMap(\.address).first.flatMap(HostName.init))
            }
            return (
                survey.host, PeerQuestion(peers: peers, listens: own, callers: peers.count, mtu: survey.mtu)
            )
        }
    }
}

extension HostSurvey {
    /// The MTU of the interface that has the host's own address; of the only one where a name hides it.
    var mtu: Int? {
        guard let machine = (try? answers.get())?.machine else { return nil }
        if let interface = machine.addresses[host.rawValue] { return machine.mtu[interface] }
        let used = Set(machine.addresses.values.filter { !$0.hasPrefix("docker") && !$0.hasPrefix("br-") })
        return used.compactMap { machine.mtu[$0] }.min()
    }
}
