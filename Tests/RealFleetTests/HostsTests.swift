import Processes
import RealHosts
import Testing

/// What every other test on real hosts stands on.
@Suite(.realFleet, .serialized)
struct `Real hosts` {
    @Test func `every host has systemd, Docker and the Compose it was given`() async throws {
        let fleet = try RealFleet()
        for (index, compose) in fleet.compose.enumerated() {
            let state = try await fleet.shell(
                index + 1,
                """
                timeout 60 systemctl is-system-running --wait || systemctl --failed --no-legend
                docker info --format '{{.Driver}}'
                """)
            #expect(state.stdout.trimmed == "running\noverlay2")
            let v1 = try await fleet.shell(index + 1, "docker-compose version --short")
            let v2 = try await fleet.shell(index + 1, "docker compose version --short")
            #expect(v1.exit.isSuccess == (compose == "v1"))
            #expect(v2.exit.isSuccess == (compose == "v2"))
        }
    }

    @Test func `a host that is cut off is back when it is healed`() async throws {
        let fleet = try RealFleet()
        let connect = "timeout 1 bash -c 'exec 3<>/dev/tcp/\(fleet.addresses[1])/22'"
        #expect(try await fleet.shell(1, connect).exit.isSuccess)
        try await fleet.control("fault", "cut", "2")
        let cut = try await fleet.shell(1, connect)
        try await fleet.control("fault", "heal", "2")
        #expect(!cut.exit.isSuccess)
        #expect(try await fleet.shell(1, connect).exit.isSuccess)
    }
}
