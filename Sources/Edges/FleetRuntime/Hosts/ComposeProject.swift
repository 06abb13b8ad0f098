import FleetModel
import Observation
import Processes
import SecureShell

/// The cluster's Compose project on a host: found, started, and always by the Compose it was made with.
struct ComposeProject: Sendable {
    /// Compose itself, and dockerd making a few containers: seconds; minutes on a host that is short of everything.
    private static let startDeadline: Duration = .seconds(180)
    /// Compose draws what it does on standard error: enough of it to show why it failed.
    private static let evidenceLines = 15

    /// Both read a file from standard input, and check it by their own schema.
    private static let checking = project + "$compose -f - config --quiet 2>&1"

    let remote: any RemoteHost
    let host: HostName
    let cluster: ClusterName

    /// Goes to the project's directory, and finds the Compose that it was made with.
    private static let project = #"""
        cd "$1" || exit 1; shift
        flavour=$(cat .compose 2>/dev/null)
        if [ -z "$flavour" ]; then
          if docker compose version >/dev/null 2>&1; then flavour=v2; else flavour=v1; fi
          echo "$flavour" > .compose.new && mv .compose.new .compose || exit 1
        fi
        if [ "$flavour" = v1 ]; then compose=docker-compose; else compose='docker compose'; fi

        """#

    /// Only flags that v1 and v2 both know. `--no-deps` leaves every other service alone; of those named, none runs, so
    /// one whose configuration has changed may be made anew. What the project was made with is kept in `.compose`
    /// (v1 and v2 re-create each other's containers).
    private static let starting =
        project + #"""
            # Compose v1 leaves more than it should on standard output, v2 draws: both are of use only when it fails.
            $compose -f docker-compose.yml up -d --no-deps --no-build "$@" 2>&1 </dev/null
            """#

    /// What Compose has against `file`; empty where it takes it.
    func complaints(about file: [UInt8]) async throws(HostProblem) -> [String] {
        do throws(SSHError) {
            let result = try await remote.run(
                .script(Self.checking, [OnHostPath.directory(of: cluster)], asRoot: true, input: .bytes(file)))
            if result.isSuccess { return [] }
            let lines = Self.lastLines(result)
            return lines.isEmpty ? ["exit code \(result.exitCode)"] : lines
        } catch {
            throw HostProblem(error)
        }
    }

    private static func lastLines(_ result: RemoteResult) -> [String] {
        result.stdout.text.split(separator: "\n").suffix(evidenceLines).map(String.init)
    }

    /// Starts services, none of which runs.
    func start(_ services: [String]) async throws(HostProblem) {
        let result: RemoteResult
        do throws(SSHError) {
            result = try await remote.run(
                .script(
                    Self.starting, [OnHostPath.directory(of: cluster)] + services, asRoot: true,
                    deadline: Self.startDeadline))
        } catch {
            throw HostProblem(error)
        }
        guard result.isSuccess else {
            throw HostProblem(
                code: "compose-failed", unreachable: false,
                reason: "Compose ended with exit code \(result.exitCode) on \(host)",
                remedy: "mend what its lines say: k/docker-compose.yml is the template of its file",
                evidence: Self.lastLines(result))
        }
    }
}
