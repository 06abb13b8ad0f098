import FleetModel
import Foundation
import Testing

@testable import FleetConfiguration

private func located(
    option: String? = nil, variable: String? = nil, current: String = "/here", files: Set<String>,
    hidden: Set<String> = []
) throws -> String {
    try FleetDirectory.locate(
        option: option, variable: variable, currentDirectory: current,
        sight: { files.contains($0) ? .present : hidden.contains($0) ? .hidden : .absent }
    ).path
}

private func failure(
    option: String? = nil, variable: String? = nil, files: Set<String> = []
) -> ConfigurationError? {
    #expect(throws: ConfigurationError.self) { try located(option: option, variable: variable, files: files) }
}

@Suite struct FleetDirectoryTests {
    let everywhere: Set<String> = [
        "/a/defaults.cfg", "/b/defaults.cfg", "/here/defaults.cfg", "/here/sub/defaults.cfg",
        "/etc/gantry/defaults.cfg",
    ]

    @Test func `the option comes before the variable, the current directory and the system's`() throws {
        #expect(try located(option: "/a/", variable: "/b", files: everywhere) == "/a")
        #expect(try located(variable: "/b", files: everywhere) == "/b")
        #expect(try located(variable: "", files: everywhere) == "/here")
        #expect(try located(files: ["/etc/gantry/defaults.cfg"]) == "/etc/gantry")
        #expect(try located(option: "sub/./x/..", files: everywhere) == "/here/sub")
    }

    @Test func `a directory that was named and holds no fleet is an error that names gantry init`() {
        let option = failure(option: "/c", files: everywhere)
        #expect(option?.code == .notFound)
        #expect(option?.message == "/c, named by --fleet, holds no defaults.cfg")
        #expect(option?.remedy == "'gantry init /c' writes one")
        #expect(failure(variable: "/c", files: everywhere)?.message.contains("$GANTRY_FLEET") == true)
        #expect(failure()?.message == "no fleet directory: neither /here nor /etc/gantry holds a defaults.cfg")
        #expect(failure()?.remedy.contains("gantry init") == true)
    }

    @Test func `a current directory that can't be looked into stands back, and one that was named does not`() throws {
        let (here, system) = ("/here/defaults.cfg", "/etc/gantry/defaults.cfg")
        #expect(try located(files: [system], hidden: [here]) == "/etc/gantry")
        #expect(try located(option: "/here", files: [system], hidden: [here]) == "/here")
        // Nothing else is to be had: reading it says why.
        #expect(try located(files: [], hidden: [here]) == "/here")
        #expect(try located(files: [], hidden: [system]) == "/etc/gantry")
        #expect(try located(files: [here], hidden: [system]) == "/here")
    }

    @Test func `state lies beside the files, for the system's fleet in var lib`() {
        #expect(FleetDirectory(path: "/home/x/fleet").stateDirectory == "/home/x/fleet/.gantry")
        #expect(FleetDirectory(path: "/etc/gantry/").stateDirectory == "/var/lib/gantry")
        #expect(FleetDirectory(path: "/").configurationFile == "/defaults.cfg")
    }
}

/// A directory of this test's own, gone when `body` ends.
private func withDirectory(_ body: (String) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "gantry-fleet-\(UUID().uuidString)").path()
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try body(directory)
}

@Suite struct FleetTemplatesTests {
    @Test(arguments: [true, false])
    func `the defaults.cfg of a new fleet is right as it is`(simulated: Bool) throws {
        let configuration = try parse(FleetTemplates.defaults(simulated: simulated))
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.specification.cluster.transport == (simulated ? .simulated : .ssh))
        #expect(configuration.specification.hosts.map(\.host.rawValue) == ["10.0.0.11", "10.0.0.12", "10.0.0.13"])
        #expect(configuration.specification.cluster.controllers == 3)
        #expect(!FleetTemplates.defaults(simulated: simulated).split(separator: "\n").contains { $0.count > 120 })
    }

    @Test(arguments: [true, false])
    func `every commented setting of a new defaults.cfg is right too`(simulated: Bool) throws {
        let text = FleetTemplates.defaults(simulated: simulated)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            let bare = line.drop { $0 == " " }
            // Settings are commented out with their indentation kept; prose begins with a capital or three spaces.
            guard bare.hasPrefix("# "), let first = bare.dropFirst(2).drop(while: { $0 == " " }).first else {
                return String(line)
            }
            let isSetting = bare.contains(": ") || bare.contains(":  ")
            guard isSetting, first.isLowercase || first.isNumber, !bare.hasPrefix("#   gantry") else {
                return String(line)
            }
            return String(line.prefix { $0 == " " }) + bare.dropFirst(2)
        }
        let configuration = try parse(lines.joined(separator: "\n"))
        #expect(configuration.specification.cluster.imageArchive == "/fleet/k/kafka.tar.gz")
        #expect(configuration.specification.notify?.smtp?.passwordFile == "/fleet/smtp.password")
        #expect(configuration.specification.hosts[2].brokers == 4)
        #expect(configuration.specification.waivers.map(\.clause) == ["H7"])
    }

    @Test func `init writes every file and keeps those that are there`() throws {
        try withDirectory { root in
            let fleet = FleetDirectory(path: root + "/new/fleet")
            let first = try FleetTemplates.write(to: fleet, simulated: false, assumptions: "H1 a host\n")
            #expect(
                first.map(\.path) == [
                    "defaults.cfg", "assumptions.txt", "k/docker-compose.yml", "k/Dockerfile", "k/Dockerfile.airgapped",
                    "hooks.d/README", "monitor.d/README",
                ])
            #expect(first.allSatisfy { $0.isNew })
            #expect(try String(contentsOfFile: fleet.assumptionsFile, encoding: .utf8) == "H1 a host\n")
            _ = try FleetConfiguration.load(directory: fleet, home: nil)
            _ = try ComposeTemplate.load(directory: fleet)

            try "mine".write(toFile: fleet.configurationFile, atomically: true, encoding: .utf8)
            try FileManager.default.removeItem(atPath: fleet.dockerfile)
            let second = try FleetTemplates.write(to: fleet, simulated: false, assumptions: "other")
            #expect(second.filter(\.isNew).map(\.path) == ["k/Dockerfile"])
            #expect(try String(contentsOfFile: fleet.configurationFile, encoding: .utf8) == "mine")
        }
    }

    @Test func `init into a place that is no directory says so`() throws {
        try withDirectory { root in
            try "a file".write(toFile: root + "/file", atomically: true, encoding: .utf8)
            let error = #expect(throws: ConfigurationError.self) {
                try FleetTemplates.write(
                    to: FleetDirectory(path: root + "/file/fleet"), simulated: true, assumptions: "")
            }
            #expect(error?.code == .unwritable)
            #expect(error?.message.contains("not a directory") == true)
        }
    }

    @Test func `a defaults.cfg that is missing or no file is told apart`() throws {
        try withDirectory { root in
            let fleet = FleetDirectory(path: root)
            let missing = #expect(throws: ConfigurationError.self) {
                try FleetConfiguration.load(directory: fleet, home: nil)
            }
            #expect(missing?.code == .notFound)
            #expect(missing?.remedy.contains("gantry init \(fleet.path)") == true)
            try FileManager.default.createDirectory(atPath: fleet.configurationFile, withIntermediateDirectories: true)
            let directory = #expect(throws: ConfigurationError.self) {
                try FleetConfiguration.load(directory: fleet, home: nil)
            }
            #expect(directory?.code == .unreadable)
            #expect(directory?.message.hasSuffix("it is not a file") == true)
        }
    }

    @Test func `every key of the reference has a meaning, and every default is what an empty file gets`() {
        let entries = FleetConfiguration.reference
        #expect(entries.allSatisfy { !$0.meaning.isEmpty && !$0.expected.isEmpty })
        #expect(Set(entries.map(\.path)).count == entries.count)
        for path in ["cluster.image_archive", "hosts.HOST.ports.broker", "kafka.NAME", "notify.smtp.password_file"] {
            #expect(entries.contains { $0.path == path })
        }
    }
}
