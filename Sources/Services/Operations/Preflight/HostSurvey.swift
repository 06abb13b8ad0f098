public import FleetModel
public import Observation

/// What was learned of one host before anything on it is touched.
public struct HostSurvey: Sendable {
    /// The host.
    public var host: HostName
    /// What SSH told, or why it did not.
    public var answers: Result<HostAnswers, HostProblem>
    /// What Docker told, or why it did not; nil where SSH did not get that far.
    public var containers: Result<ContainerFacts, HostProblem>?

    /// A survey of these parts.
    public init(
        host: HostName, answers: Result<HostAnswers, HostProblem>, containers: Result<ContainerFacts, HostProblem>?
    ) {
        self.host = host
        self.answers = answers
        self.containers = containers
    }

    /// Asks every host side by side; of `directories` what machines are is left out.
    public static func survey(
        _ fleet: FleetSpecification, hosts: any HostControl, containers: any ContainerSource,
        scope: HostQuestion.Scope = .everything
    ) async -> [HostSurvey] {
        await mapBounded(fleet.hosts, width: Observer.width) { host in
            let question = HostQuestion(
                cluster: fleet.cluster.name, data: host.data, devices: host.disks.map { $0.map(\.device) } ?? [],
                scope: scope)
            let answers: HostAnswers
            do throws(HostProblem) {
                answers = try await hosts.inspect(host.host, question)
            } catch {
                // Docker is reached through the same SSH connection: asking it too would only double the error.
                return HostSurvey(host: host.host, answers: .failure(error), containers: nil)
            }
            do throws(HostProblem) {
                return HostSurvey(
                    host: host.host, answers: .success(answers),
                    containers: .success(try await containers.containers(on: host.host)))
            } catch {
                return HostSurvey(host: host.host, answers: .success(answers), containers: .failure(error))
            }
        }
    }

    /// The cluster's containers on the host; empty where Docker did not tell.
    public var seenContainers: [ContainerObservation] { (try? containers?.get())?.containers ?? [] }

    /// What the host remembers of the cluster's nodes.
    public var rememberedLayout: ClusterLayout? {
        (try? answers.get())?.memory.flatMap { try? LayoutMemory.layout($0) }
    }
}
