import FleetModel
import HealthRules
import Observation

/// How its Docker is set up.
extension Assumptions {
    static let dockerClauses: [Clause] = [
        Clause("H31", "Docker keeps images and containers by overlay2 (or containerd's overlayfs).") { subject in
            subject.withDocker { docker in
                guard !docker.storageDriver.isEmpty else { return .unknown("Docker does not tell") }
                return ["overlay2", "overlayfs"].contains(docker.storageDriver)
                    ? .pass(docker.storageDriver)
                    : .warn(
                        "storage-driver", docker.storageDriver,
                        remedy:
                            "set \"storage-driver\": \"overlay2\" in /etc/docker/daemon.json before anything runs there"
                    )
            }
        },
        Clause(
            "H32", "Docker can limit the memory of containers.",
            fix: { subject in
                subject.machine?.programs.contains("apt-get") == true
                    ? [.bootArgument("cgroup_enable=memory swapaccount=1")] : []
            }
        ) { subject in
            subject.withDocker { docker in
                docker.warnings.contains { $0.contains("No memory limit support") }
                    ? .fail(
                        "cgroups", "its kernel has no control groups for memory",
                        remedy: "boot it with cgroup_enable=memory")
                    : .pass(docker.cgroups.isEmpty ? "it can" : "cgroups \(docker.cgroups)")
            }
        },
        Clause(
            "H33", "Containers outlive a restart of Docker (live-restore).", fix: liveRestore
        ) { subject in
            subject.withDocker { docker in
                guard let lives = docker.liveRestore else { return .unknown("Docker does not tell") }
                return lives
                    ? .pass("they do")
                    : .warn(
                        "live-restore", "an upgrade of Docker stops every broker of the host",
                        remedy: "set \"live-restore\": true in /etc/docker/daemon.json, then systemctl reload docker")
            }
        },
        Clause("H34", "What containers write to their logs is bounded.") { subject in
            if subject.look.boundsLogs == true { return .pass("by k/docker-compose.yml") }
            return subject.withDocker { docker in
                if ["local", "journald", "none"].contains(docker.loggingDriver) { return .pass(docker.loggingDriver) }
                let settings = subject.machine?.daemonSettings.flatMap { try? JSONValue(parsing: $0) }
                if let size = settings?["log-opts"]?["max-size"]?.string { return .pass("at \(size)") }
                return .warn(
                    "log-limits", "\(docker.loggingDriver) without a limit fills the disk in time",
                    remedy: "write logging: with max-size in k/docker-compose.yml, as 'gantry init' does")
            }
        },
        Clause(
            "H35", "Docker starts with the machine.", fix: { $0.machine?.startsDocker == false ? [.dockerRuns] : [] }
        ) { subject in
            subject.known(\.startsDocker, "whether Docker is enabled") { starts in
                starts
                    ? .pass("enabled")
                    : .warn(
                        "docker-not-enabled", "docker.service is not enabled",
                        remedy: subject.line("systemctl enable docker"))
            }
        },
    ]

    /// daemon.json with live-restore added; nothing where it is there and makes no sense.
    @Sendable private static func liveRestore(_ subject: ClauseSubject) -> [HostChange] {
        guard let machine = subject.machine, subject.docker?.liveRestore == false else { return [] }
        let text = machine.daemonSettings ?? "{}"
        guard let settings = try? JSONValue(parsing: text), case .object(let members) = settings else { return [] }
        var all = members.members.map { ($0.name, $0.value) }.filter { $0.0 != "live-restore" }
        all.append(("live-restore", .bool(true)))
        return [.dockerSettings(JSONValue.object(JSONObject(all)).text())]
    }
}
