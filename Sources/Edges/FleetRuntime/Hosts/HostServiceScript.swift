import FleetModel
import Observation
import Operations
import Processes
import SecureShell

extension ShellHosts {
    /// The unit starts after it has waited for brokers, at most as long as its own limit.
    private static let serviceDeadline: Duration = .seconds(400)

    func service(_ wish: ServiceWish, on host: HostName) async throws(HostProblem) -> ServiceState {
        let remote = try directory.remote(host)
        let result: RemoteResult
        do throws(SSHError) {
            result = try await remote.run(
                .script(
                    HostServiceScript.text,
                    [wish.word, HostService.unit, wish.cluster] + HostService.files.map(\.path),
                    asRoot: true, deadline: Self.serviceDeadline))
        } catch {
            throw HostProblem(error)
        }
        guard result.isSuccess else {
            throw HostProblem(
                code: "service-failed", unreachable: false,
                reason: "\(HostService.unit) on \(host): \(result.stderr.trimmed)",
                remedy: directory.commands.line("systemctl status \(HostService.unit)", on: host))
        }
        return HostServiceScript.state(result.stdout.text)
    }
}

/// What is done to the unit on a host, and the reading of what that prints. Pure.
enum HostServiceScript {
    /// POSIX sh; arguments: a wish, the unit, the cluster that leaves, the unit's files.
    ///
    /// Removing stops nothing: a unit whose file is gone has no command that a stop would run.
    static let text = #"""
        set -u
        wish=$1 unit=$2 cluster=$3; shift 3
        [ -d /run/systemd/system ] || exit 0
        echo manager
        case $wish in
        start)
          systemctl daemon-reload && systemctl --quiet enable "$unit" && systemctl start "$unit" || exit 1 ;;
        remove)
          for file in /opt/kafka-docker/*/docker-compose.yml; do
            [ -e "$file" ] || continue
            name=${file%/docker-compose.yml}; name=${name##*/}
            [ "$name" = "$cluster" ] || echo "other $name"
          done | grep . && exit 0
          systemctl --quiet disable "$unit" 2>/dev/null
          rm -f -- "$@" && systemctl daemon-reload || exit 1
          systemctl stop "$unit" 2>/dev/null
          systemctl reset-failed "$unit" 2>/dev/null ;;
        esac
        systemctl --quiet is-enabled "$unit" 2>/dev/null && echo enabled
        systemctl --quiet is-active "$unit" && echo active
        exit 0
        """#

    static func state(_ output: String) -> ServiceState {
        var state = ServiceState(hasManager: false, isEnabled: false, isActive: false)
        for line in output.split(separator: "\n") {
            let words = line.split(separator: " ")
            switch words.first {
            case "manager": state.hasManager = true
            case "enabled": state.isEnabled = true
            case "active": state.isActive = true
            case "other" where words.count == 2: state.others.append(String(words[1]))
            default: continue
            }
        }
        return state
    }
}

extension ServiceWish {
    fileprivate var word: String {
        switch self {
        case .look: "look"
        case .start: "start"
        case .remove: "remove"
        }
    }

    fileprivate var cluster: String {
        if case .remove(let cluster) = self { cluster.rawValue } else { "-" }
    }
}
