import Foundation
public import Processes

/// The hosts that `dev/test-real` brought up for these tests, as its environment variables tell.
public struct RealFleet: Sendable {
    /// `dev/fleet`.
    public let script: String
    /// The fleet's directory.
    public let directory: String
    /// Addresses of the hosts 1, 2, 3.
    public private(set) var addresses: [String]
    /// Their names.
    public private(set) var names: [String]
    /// How a tester logs in: `ssh -F CONFIG NAME`.
    public let sshConfig: String
    /// The key, for an `ssh:` section.
    public let identity: String
    /// The known hosts, for the same.
    public let knownHosts: String
    /// Compose of each host: `v1` or `v2`.
    public private(set) var compose: [String]
    /// The gantry that is tested.
    public let binary: String
    /// `docker save` of gantry/kafka:4.3.1.
    public let imageArchive: String
    /// Python with the independent clients in it.
    public let python: String

    /// Why there is no fleet, or nil where there is one.
    public static let absence: String? = {
        let variables = ProcessInfo.processInfo.environment
        if let reason = variables["GANTRY_TEST_FLEET_ABSENT"] { return reason }
        return variables["GANTRY_TEST_IMAGE"] == nil ? "no fleet was brought up: run dev/test-real" : nil
    }()

    /// Whether its absence is a failure instead of a skip.
    public static let isRequired = ProcessInfo.processInfo.environment["GANTRY_TEST_FLEET"] == "required"

    /// There is no fleet, or something on it did not work.
    public struct Failure: Error, CustomStringConvertible {
        /// Why it is not there, or what did not work.
        public let description: String
        /// For this reason.
        public init(_ description: String) { self.description = description }
    }

    /// The fleet of this run.
    /// - Throws: `Failure` where there is none.
    public init() throws {
        if let reason = Self.absence { throw Failure(reason) }
        let variables = ProcessInfo.processInfo.environment
        func value(_ name: String) throws -> String {
            guard let value = variables[name], !value.isEmpty else { throw Failure("\(name) is not set") }
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
    /// - Throws: `Failure` when it does not succeed.
    public func control(_ arguments: String...) async throws {
        // a host that it starts outlives it
        let result = try await Process.run(script, arguments, deadline: .seconds(120), keepingDescendants: true)
        guard result.exit.isSuccess else {
            throw Failure("dev/fleet \(arguments.joined(separator: " ")): \(result.stderr)")
        }
    }

    /// Calls `body` with one host more, which is there for it alone.
    /// - Throws: `Failure` where it can't be had; what `body` throws.
    public func withOneMore<Result>(_ body: (RealFleet) async throws -> Result) async throws -> Result {
        let number = "\(addresses.count + 1)"
        let result: Result
        do {
            try await control("up", number)
            var larger = self
            let told = try await Process.run(script, ["env"], deadline: .seconds(30)).stdout.text
            func list(_ name: String) -> [String] {
                let line = told.split(separator: "\n").first { $0.hasPrefix("\(name)=") }
                return line?.dropFirst(name.count + 1).split(separator: ",").map(String.init) ?? []
            }
            (larger.addresses, larger.names) = (list("FLEET_HOSTS"), list("FLEET_NAMES"))
            larger.compose.append("v1")
            result = try await body(larger)
        } catch {
            try? await control("remove", number)
            throw error
        }
        try await control("remove", number)
        return result
    }

    /// A shell command on host `number`, counted from 1, as root. Its failure is a result, not an error.
    /// - Throws: `ProcessError` when ssh can't be run; `Failure` for a number that no host has.
    public func shell(_ number: Int, _ command: String, deadline: Duration = .seconds(60)) async throws -> ProcessResult
    {
        guard names.indices.contains(number - 1) else { throw Failure("there is no host \(number)") }
        return try await shell(on: names[number - 1], command, deadline: deadline)
    }

    /// The same on a host by its name, which may be one that a test brought up for itself.
    /// - Throws: `ProcessError` when ssh can't be run.
    public func shell(on name: String, _ command: String, deadline: Duration = .seconds(60)) async throws
        -> ProcessResult
    {
        try await Process.run("ssh", ["-F", sshConfig, name, command], deadline: deadline)
    }

    /// Takes every container and all data below `data` off the hosts.
    /// - Throws: `Failure` where that can't be done.
    public func clear(data: String) async throws {
        for number in addresses.indices.map({ $0 + 1 }) {
            let result = try await shell(
                number,
                """
                unit=/etc/systemd/system/kafka-docker.service
                if [ -e $unit ]; then systemctl -q disable ${unit##*/}; rm -f $unit; systemctl daemon-reload; fi
                docker ps -aq | xargs -r docker rm -f; rm -rf \(data) /opt/kafka-docker
                """,
                deadline: .seconds(120))
            guard result.exit.isSuccess else { throw Failure("clearing host \(number): \(result.stderr)") }
        }
    }
}
