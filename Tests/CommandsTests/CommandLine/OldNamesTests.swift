import Foundation
import Testing

@testable import Commands

/// `tools/` keeps the names that operators know from the scripts before gantry.
@Suite struct OldNamesTests {
    static let folder = URL(filePath: Fixture.path("../../../tools")).standardized

    @Test func `every old name is a script of one line that calls a command of today`() throws {
        let names = try FileManager.default.subpathsOfDirectory(atPath: Self.folder.path()).filter { $0.contains(".") }
        #expect(
            Set(names).isSuperset(of: [
                "addbroker.sh", "addhost.sh", "bootstrap_cluster.sh", "clusterstatus.sh", "removebroker.sh",
                "removehost.sh", "install-service.sh", "lib/dockmon.py",
            ]))
        for name in names {
            #expect(FileManager.default.isExecutableFile(atPath: Self.folder.appending(path: name).path()), "\(name)")
            let lines = try Fixture.read(Self.folder.appending(path: name).path()).split(separator: "\n")
            #expect(lines.count == 2 && lines.first == "#!/bin/sh", "\(name)")
            let words = lines.last?.split(separator: " ").map(String.init) ?? []
            #expect(words.prefix(2) == ["exec", "gantry"] && words.last == #""$@""#, "\(name)")
            let path = Array(words.dropFirst(2).dropLast())
            #expect(CommandTable.gantry.entry(path) != nil, "\(name)")
        }
    }

    @Test func `an old name hands its arguments and its status on as they are`() throws {
        try Fixture.withDirectory { directory in
            let stand = "\(directory)/gantry"
            try Fixture.write("#!/bin/sh\nprintf '<%s>' \"$@\"\nexit 4\n", to: stand + ".sh")
            // By another process: a child of a test beside this one may hold what this one writes open for a moment, and
            // what is open for writing can't be run (ETXTBSY).
            #expect(try Tool.run("install", ["-m", "755", stand + ".sh", stand]).status == 0)
            let script = Self.folder.appending(path: "bootstrap_cluster.sh").path()
            let result = try Tool.run("env", ["PATH=\(directory):/bin:/usr/bin", script, "-m", "a b", ""])
            #expect(result.output == "<bootstrap><-m><a b><>")
            #expect(result.status == 4)
        }
    }
}
