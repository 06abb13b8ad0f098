public import FleetModel
import HealthRules
public import Observation

/// How much one host could send another, as measured.
public struct BandwidthAnswer: Hashable, Sendable {
    /// The host that it was sent to.
    public var peer: HostName
    /// What came there a second, or why that was not found out.
    public var rate: Result<BytesPerSecond, HostProblem>

    /// `rate` to `peer`.
    public init(peer: HostName, rate: Result<BytesPerSecond, HostProblem>) { (self.peer, self.rate) = (peer, rate) }
}

/// Measures the network between hosts: each sends to the next one, all at once, as replication does.
public enum BandwidthSurvey {
    /// Streams at once; each takes part of two hosts.
    private static let width = 256

    /// Lets every host that answered send to the next one.
    /// - Returns: what each could send; empty where there is but one.
    public static func measure(
        _ surveys: [HostSurvey], hosts: any HostControl
    ) async -> [HostName: BandwidthAnswer] {
        let present = surveys.filter { (try? $0.answers.get()) != nil }.map(\.host)
        guard present.count > 1 else { return [:] }
        let pairs = zip(present, present.dropFirst() + present.prefix(1)).map { (from: $0, to: $1) }
        let found = await mapBounded(pairs, width: width) { pair -> (HostName, BandwidthAnswer) in
            do throws(HostProblem) {
                let rate = try await hosts.bandwidth(from: pair.from, to: pair.to)
                return (pair.from, BandwidthAnswer(peer: pair.to, rate: .success(rate)))
            } catch {
                return (pair.from, BandwidthAnswer(peer: pair.to, rate: .failure(error)))
            }
        }
        return Dictionary(found, uniquingKeysWith: { first, _ in first })
    }
}

extension Assumptions {
    /// Clauses that are judged only when that is asked for, since finding out costs time and traffic.
    static let requestedClauses: [Clause] = [
        Clause(
            "H42", "Its network carries twice move.throttle to another host (measured by preflight --bandwidth).",
            onRequest: true
        ) { subject in
            guard subject.answers != nil else { return .unknown(ClauseSubject.noSSH) }
            guard let answer = subject.look.bandwidth?[subject.host] else {
                return subject.look.surveys.count < 2
                    ? .pass("there is no other host") : .unknown("no other host could be asked")
            }
            switch answer.rate {
            case .failure(let problem): return .unknown("to \(answer.peer): \(problem.reason)")
            case .success(let rate):
                // Half of it is for moves, the other half for what clients write meanwhile.
                let least = BytesPerSecond(subject.look.fleet.move.throttle.bytesPerSecond * 2)
                let evidence = "\(rate) to \(answer.peer), all hosts sending at once"
                return rate >= least
                    ? .pass(evidence)
                    : .warn(
                        "bandwidth", evidence + "; twice move.throttle is \(least)",
                        remedy: "lower move.throttle of defaults.cfg, or see what slows the network between the two")
            }
        }
    ]
}
