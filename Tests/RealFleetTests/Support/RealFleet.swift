import Foundation
import Processes
import Testing

/// The hosts that `dev/test-real` brought up for these tests, as its environment variables tell.
struct RealFleet: Sendable {
    /// `dev/fleet`, and the directory of the fleet it is asked about.
    let script: String
    let directory: String
    /// Addresses and names of the hosts 1, 2, 3.
    let addresses: [String]
    let names: [String]
    /// How a tester logs in: `ssh -F CONFIG NAME`; the same key and known hosts for an `ssh:` section.
    let sshConfig: String
    let identity: String
    let knownHosts: String
    /// Compose of each host: `v1` or `v2`.
    let compose: [String]
    /// The gantry that is tested.
    let binary: String
    /// `docker save` of gantry/kafka:4.3.1.
    let imageArchive: String
    /// Python with the independent clients in it.
    let python: String

    /// Why there is no fleet, or nil where there is one.
    static let absence: String? = {
        let variables = ProcessInfo.processInfo.environment
        if let reason = variables["GANTRY_TEST_FLEET_ABSENT"] { return reason }
        return variables["GANTRY_TEST_IMAGE"] == nil ? "no fleet was brought up: run dev/test-real" : nil
    }()

    /// Whether its absence is a failure instead of a skip.
    static let isRequired = ProcessInfo.processInfo.environment["GANTRY_TEST_FLEET"] == "required"

    struct Absent: Error, CustomStringConvertible {
        let description: String
    }

    /// The fleet of this run.
    init() throws {
        if let reason = Self.absence { throw Absent(description: reason) }
        let variables = ProcessInfo.processInfo.environment
        func value(_ name: String) throws -> String {
            guard let value = variables[name], !value.isEmpty else { throw Absent(description: "\(name) is not set") }
            return value
        }
        func list(_ name: String) throws -> [String] { try value(name).split(separator: ",").map(String.init) }
        script = URL(filePath: #filePath).appending(path: "../../../../dev/fleet").standardizedFileURL.path
        directory = try value("FLEET_DIR")
        addresses = try list("FLEET_HOSTS")
        names = try list("FLEET_NAMES")
        sshConfig = try value("FLEET_SSH_CONFIG")
        identity = try value("FLEET_IDENTITY")
        knownHosts = try value("FLEET_KNOWN_HOSTS")
        compose = try list("GANTRY_TEST_COMPOSE")
        binary = try value("GANTRY_BINARY")
        imageArchive = try value("GANTRY_TEST_IMAGE")
        python = try value("GANTRY_TEST_REFERENCE") + "/bin/python"
    }

    /// `dev/fleet` with arguments: `fault`, `cut`, `2`.
    func control(_ arguments: String...) async throws {
        // a host that it starts outlives it
        let result = try await Process.run(script, arguments, deadline: .seconds(120), keepingDescendants: true)
        try #require(result.exit.isSuccess, "dev/fleet \(arguments.joined(separator: " ")): \(result.stderr)")
    }

    /// A shell command on host `number`, counted from 1, as root. Its failure is a result, not an error.
    func shell(_ number: Int, _ command: String, deadline: Duration = .seconds(60)) async throws -> ProcessResult {
        let name = try #require(names.indices.contains(number - 1) ? names[number - 1] : nil)
        return try await Process.run("ssh", ["-F", sshConfig, name, command], deadline: deadline)
    }
}

extension Trait where Self == ConditionTrait {
    /// On real hosts only. Without them the test is skipped with the reason, or fails where they are demanded.
    static var realFleet: Self {
        .enabled(if: RealFleet.absence == nil || RealFleet.isRequired, Comment(rawValue: RealFleet.absence ?? ""))
    }
}
