import FleetConfiguration
import FleetModel
import Foundation
import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

@Suite struct InitCommandTests {
    private func run(_ arguments: String..., environment: [String: String] = [:]) async -> Harness.Result {
        var harness = Harness(environment: environment)
        harness.table = .gantry
        return await harness.run(arguments)
    }

    @Test(arguments: [[], ["--simulated"]])
    func `what init writes is a fleet that loads without a mistake`(options: [String]) async throws {
        try await Fixture.withDirectory { directory in
            let fleet = "\(directory)/new/fleet"
            var harness = Harness()
            harness.table = .gantry
            let result = await harness.run(["init", fleet] + options)
            #expect(result.status == .done)
            #expect(result.error == "")
            let configuration = try FleetConfiguration.load(directory: FleetDirectory(path: fleet), home: nil)
            #expect(configuration.warnings == [])
            #expect((configuration.specification.cluster.transport == .simulated) == !options.isEmpty)
            let assumptions = try Fixture.read("\(fleet)/assumptions.txt")
            #expect(assumptions.contains("H1"))
        }
    }

    @Test func `a second run overwrites nothing and says so`() async throws {
        try await Fixture.withDirectory { directory in
            _ = await run("init", directory)
            try Fixture.write("mine\n", to: "\(directory)/defaults.cfg")
            let again = await run("init", directory, "--format", "plain")
            #expect(again.status == .done)
            #expect(again.output.contains("everything is there already"))
            #expect(again.output.contains("\nfile path=defaults.cfg result=kept\n"))
            #expect(!again.output.contains("result=written"))
            #expect(try Fixture.read("\(directory)/defaults.cfg") == "mine\n")
            try FileManager.default.removeItem(atPath: "\(directory)/k/Dockerfile")
            let third = await run("init", directory, "--format", "plain")
            #expect(third.output.contains("\nfile path=k/Dockerfile result=written\n"))
        }
    }

    @Test func `a fleet of real hosts is not taken for a simulated one`() async throws {
        try await Fixture.withDirectory { directory in
            _ = await run("init", directory)
            let refused = await run("init", directory, "--simulated")
            #expect(refused.status == .refused && refused.error.contains("is not simulated"))
            let simulated = await run("init", "\(directory)/a b", "--simulated")
            #expect(simulated.output.contains("--fleet '\(directory)/a b'"), "the next command can be pasted")
            #expect(await run("init", "\(directory)/a b", "--simulated").status == .done)
        }
    }

    @Test func `a dry run writes nothing`() async throws {
        try await Fixture.withDirectory { directory in
            let fleet = "\(directory)/fleet"
            let result = await run("init", fleet, "--dry-run", "--format", "json")
            let document = try JSONValue(parsing: result.output)
            let files = try #require(document["files"]?.array)
            #expect(files.count > 3)
            #expect(files.allSatisfy { $0["result"] == "missing" })
            #expect(!FileManager.default.fileExists(atPath: fleet))
        }
    }

    @Test func `the directory comes from the argument else fleet else the environment`() async throws {
        try await Fixture.withDirectory { directory in
            func place(_ arguments: [String]) async throws -> String? {
                var harness = Harness(environment: ["GANTRY_FLEET": "\(directory)/variable"])
                harness.table = .gantry
                let line = ["init", "--dry-run", "--format", "json"] + arguments
                return try JSONValue(parsing: await harness.run(line).output)["directory"]?.string
            }
            let places = [
                try await place(["\(directory)/argument/"]), try await place(["--fleet", "\(directory)/option"]),
                try await place([]),
            ]
            let expected = ["argument", "option", "variable"].map {
                FleetDirectory(path: "\(directory)/\($0)").path
            }
            #expect(places == expected)
        }
        #expect(await run("init", "a", "--fleet", "b").status == .usage)
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/1"), "/proc is not mounted"))
    func `a place that can not be written to is refused with the remedy`() async {
        let result = await run("init", "/proc/1/fleet")
        #expect(result.status == .failed)
        #expect(result.output == "")
        #expect(result.error.contains("/proc/1/fleet cannot be written"))
        #expect(result.error.contains("next"))
    }
}
