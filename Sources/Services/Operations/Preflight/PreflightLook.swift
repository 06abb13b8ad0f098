public import FleetModel
import HealthRules
import Observation

/// Everything that was seen before the clauses are judged.
public struct PreflightLook: Sendable {
    /// The fleet as it is wanted.
    public var fleet: FleetSpecification
    /// What was learned of each host.
    public var surveys: [HostSurvey]
    /// What the hosts learned of each other; nil: they were not asked.
    public var peers: PeerSurvey?
    /// What each host could send another one; nil: it was not measured.
    public var bandwidth: [HostName: BandwidthAnswer]?
    /// What the techhost is; nil: it was not looked at.
    public var techhost: TechhostFacts?
    /// The nodes that are or will be there; nil while none are planned.
    public var layout: ClusterLayout?
    /// Whether the template bounds what its containers write to their logs; nil: it was not looked at.
    public var boundsLogs: Bool?
    /// Open files that the template grants a container; nil: what the host's Docker grants.
    public var openFiles: Int64?
    private let byHost: [HostName: HostSurvey]

    /// A look of these parts.
    public init(
        fleet: FleetSpecification, surveys: [HostSurvey], peers: PeerSurvey? = nil, techhost: TechhostFacts? = nil,
        layout: ClusterLayout?, boundsLogs: Bool? = nil, openFiles: Int64? = nil
    ) {
        self.fleet = fleet
        self.surveys = surveys
        self.peers = peers
        self.techhost = techhost
        self.layout = layout
        self.boundsLogs = boundsLogs
        self.openFiles = openFiles
        byHost = Dictionary(surveys.map { ($0.host, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What was learned of one of them.
    func survey(_ host: HostName) -> HostSurvey? { byHost[host] }

    /// The hosts of each value that a survey has, most hosts first.
    func groups(_ value: (HostSurvey) -> String?) -> [(value: String, hosts: [HostName])] {
        var hosts: [String: [HostName]] = [:]
        for survey in surveys { if let value = value(survey) { hosts[value, default: []].append(survey.host) } }
        return hosts.map { ($0.key, $0.value) }.sorted {
            $0.hosts.count == $1.hosts.count ? $0.value < $1.value : $0.hosts.count > $1.hosts.count
        }
    }
}

/// What a clause looks at: one host, and what is to run there.
public struct ClauseSubject: Sendable {
    /// What was learned of the host.
    public let survey: HostSurvey
    /// All that was seen.
    let look: PreflightLook
    /// How operators run what a remedy names.
    let commands: HostCommands

    init(survey: HostSurvey, look: PreflightLook, commands: HostCommands) {
        (self.survey, self.look, self.commands) = (survey, look, commands)
    }

    /// The host.
    var host: HostName { survey.host }
    /// The nodes that are to run in the cluster; nil while none are planned.
    var layout: ClusterLayout? { look.layout }
    /// The nodes that are to run on the host.
    var nodes: [NodePlacement] { layout?.nodes(on: survey.host) ?? [] }
    /// The nodes whose containers are on the host, running or not; empty where Docker did not tell.
    var seenNodes: [NodeID] { survey.seenContainers.compactMap(\.node) }
    /// The host as it is wanted.
    var wanted: HostSpecification? { look.fleet.host(host) }
    /// What SSH told; nil where it did not get that far.
    var answers: HostAnswers? { try? survey.answers.get() }
    /// What the machine is; nil where SSH did not get that far.
    var machine: MachineFacts? { answers?.machine }
    /// Its Docker; nil where that does not answer.
    var docker: DockerObservation? { (try? survey.containers?.get())?.docker }

    /// A line for the operator to paste.
    func line(_ command: String) -> String { commands.line(command, on: host, asRoot: true) }

    /// Judges a fact of the machine; unknown where the host did not tell it.
    func known<Fact>(
        _ fact: KeyPath<MachineFacts, Fact?>, _ what: String, _ judge: (Fact) -> ClauseVerdict
    ) -> ClauseVerdict {
        withMachine { machine in
            machine[keyPath: fact].map(judge) ?? .unknown("it does not tell \(what)")
        }
    }

    /// Judges what the machine is.
    func withMachine(_ judge: (MachineFacts) -> ClauseVerdict) -> ClauseVerdict {
        guard let answers else { return .unknown(Self.noSSH) }
        return answers.machine.map(judge) ?? .unknown("it was not asked")
    }

    /// Judges its Docker.
    func withDocker(_ judge: (DockerObservation) -> ClauseVerdict) -> ClauseVerdict {
        guard answers != nil else { return .unknown(Self.noSSH) }
        return docker.map(judge) ?? .unknown("Docker does not answer")
    }

    /// Why nothing is known of a host that SSH does not reach.
    static let noSSH = "SSH did not get that far"
}
