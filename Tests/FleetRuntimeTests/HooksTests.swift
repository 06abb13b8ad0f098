import FleetConfiguration
import FleetModel
import Foundation
import HealthRules
import OperationModel
import Processes
import Testing

@testable import FleetRuntime

@Suite(.timeLimit(.minutes(10))) struct `The operator's hooks` {
    /// Beyond any load: where other tests hold all threads, a hook that fills its pipe waits for a reader each time.
    private let deadline = Duration.seconds(600)

    private func with(_ script: String, mode: Int = 0o755, _ body: (SideProgram) async throws -> Void) async throws {
        try await TemporaryDirectory.with(prefix: "hooks") { path in
            let file = "\(path)/before-restart"
            try "#!/bin/sh\n\(script)\n".write(toFile: file, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: NSNumber(value: mode)], ofItemAtPath: file)
            try await body(SideProgram(path: file, workingDirectory: path))
        }
    }

    private func failure(_ outcome: SideProgram.Outcome) -> (reason: String, lines: [String])? {
        if case .failed(let reason, _, let lines) = outcome { (reason, lines) } else { nil }
    }

    @Test func `a hook gets its line, runs in the fleet directory, and its output is kept`() async throws {
        try await with("cat; pwd; echo aside >&2") { hook in
            guard case .ended(_, let lines) = await hook.run(#"{"hook":"x"}"#, deadline: deadline) else {
                Issue.record("it failed")
                return
            }
            #expect(lines == [#"{"hook":"x"}"#, hook.workingDirectory, "aside"])
        }
    }

    @Test func `a hook that fails is told with its words`() async throws {
        try await with("echo no window today >&2; exit 3") { hook in
            let failed = try #require(failure(await hook.run("{}", deadline: deadline)))
            #expect(failed.reason == "it ended with exit code 3")
            #expect(failed.lines == ["no window today"])
        }
    }

    @Test(arguments: [
        (0o644, "it is not executable"), (0o757, "every user can write it"), (0o777, "every user can write it"),
        (0o775, "its group can write it"),
    ])
    func `a hook that is no guard is not run`(mode: Int, reason: String) async throws {
        try await with("touch ran", mode: mode) { hook in
            #expect(failure(await hook.run("{}", deadline: deadline))?.reason == reason)
            #expect(!FileManager.default.fileExists(atPath: "\(hook.workingDirectory)/ran"))
        }
    }

    @Test func `who can write its directory can replace it`() async throws {
        try await with("touch ran") { hook in
            chmod(hook.workingDirectory, 0o777)
            #expect(failure(await hook.run("{}", deadline: deadline))?.reason == "every user can write its directory")
            #expect(!FileManager.default.fileExists(atPath: "\(hook.workingDirectory)/ran"))
        }
    }

    @Test func `hooks that no event calls, and programs that are not run, are named with what to do`() async throws {
        try await TemporaryDirectory.with(prefix: "hooks") { path in
            let directory = FleetDirectory(path: path)
            func put(_ name: String, _ mode: Int) throws {
                let file = "\(path)/\(name)"
                try FileManager.default.createDirectory(
                    atPath: Directories.parent(of: file), withIntermediateDirectories: true)
                try "#!/bin/sh\n".write(toFile: file, atomically: true, encoding: .utf8)
                try FileManager.default.setAttributes([.posixPermissions: NSNumber(value: mode)], ofItemAtPath: file)
            }
            for (name, mode) in [
                ("hooks.d/before-removehosts", 0o755), ("hooks.d/after-restart.sh", 0o755),
                ("hooks.d/before_all", 0o644),
                ("hooks.d/before-restart", 0o777), ("hooks.d/after-stage", 0o755), ("hooks.d/README", 0o644),
                ("hooks.d/lib.conf", 0o644), ("hooks.d/before-addhost.disabled", 0o755), ("monitor.d/page", 0o775),
                ("monitor.d/page.conf", 0o666), ("monitor.d/mail", 0o755),
            ] { try put(name, mode) }
            let idle = OperatorPrograms(directory).idle
            #expect(
                idle.map(\.name) == [
                    "hooks.d/after-restart.sh", "hooks.d/before-removehosts", "hooks.d/before-restart",
                    "hooks.d/before_all", "monitor.d/page",
                ])
            #expect(idle.filter(\.isMisnamed).map(\.name).count == 3)
            #expect(idle[0].remedy.hasPrefix("call it after-restart, "))
            #expect(idle[1].remedy.hasPrefix("call it before-removehost, "))
            #expect(idle[2].remedy == "chmod go-w \(directory.hooks)/before-restart")
            #expect(idle[4].reason == "its group can write it")
            #expect(Hooks(directory).misnamed.count == 3)
            let findings = FleetPlace(directory: path, state: path).troubles(mistake: nil).findings
            #expect(findings.map(\.rule).filter { $0 == "hook-misnamed" }.count == 3)
            #expect(
                findings.filter { $0.rule == "program-refused" }.map(\.subject) == [
                    "hooks.d/before-restart", "monitor.d/page",
                ])
        }
    }

    @Test func `where there is none nothing happens`() async throws {
        try await TemporaryDirectory.with(prefix: "hooks") { path in
            #expect(await SideProgram(path: "\(path)/none", workingDirectory: path).run("{}") == .absent)
        }
    }

    @Test func `a hook without an end is ended, with what it said until then`() async throws {
        try await with("echo begun; exec sleep 1000") { hook in
            let failed = try #require(failure(await hook.run("{}", deadline: .seconds(2))))
            #expect(failed.reason == "it did not end within 2.0 seconds")
            #expect(failed.lines == ["begun"])
        }
    }

    @Test func `of endless output the first lines are kept`() async throws {
        try await with("yes | head -n 200000") { hook in
            guard case .ended(_, let lines) = await hook.run("{}", deadline: deadline) else {
                Issue.record("it failed")
                return
            }
            #expect(lines == Array(repeating: "y", count: 10) + ["… more output"])
        }
    }
}
