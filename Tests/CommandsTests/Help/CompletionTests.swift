import FleetModel
import Testing

@testable import Commands

@Suite struct CompletionTests {
    static let tables: [CommandTable] = [.gantry, .sample]

    @Test(.enabled(if: Tool.path("bash") != nil, "bash is not installed"))
    func `bash accepts its script`() throws { try check(.bash, "-n") }

    @Test(.enabled(if: Tool.path("zsh") != nil, "zsh is not installed"))
    func `zsh accepts its script`() throws { try check(.zsh, "-n") }

    @Test(.enabled(if: Tool.path("fish") != nil, "fish is not installed"))
    func `fish accepts its script`() throws { try check(.fish, "--no-execute") }

    private func check(_ shell: Shell, _ option: String) throws {
        try Fixture.withDirectory { directory in
            for table in Self.tables {
                let file = "\(directory)/script"
                try Fixture.write(shell.script(table.definitions), to: file)
                let result = try Tool.run(shell.rawValue, [option, file])
                #expect(result.status == 0 && result.error == "")
            }
        }
    }

    static let lines: [([String], String)] = [
        (["gantry", "add"], "addhost"), (["gantry", "operation", ""], "list resume"),
        (["gantry", "operation", "resume", "--y"], "--yes"),
        (["gantry", "--format", ""], "table json plain"), (["gantry", "--format", "=", "j"], "json"),
        (["gantry", "--format", "="], "table json plain"),
        (["gantry", "--fleet", "operation", "rem"], "removebroker"),
        (["gantry", "addhost", "h", "-m", "why", "--dr"], "--dry-run"),
        (["gantry", "completion", ""], "bash zsh fish"),
        (["gantry", "version", "--since"], ""), (["gantry", "help", "hidd"], ""),
    ]

    @Test(.enabled(if: Tool.path("bash") != nil, "bash is not installed"), arguments: lines)
    func `bash offers what can follow`(words: [String], offered: String) throws {
        let script = Shell.bash.script(CommandTable.sample.definitions)
        let quoted = words.map(ShellQuoting.single).joined(separator: " ")
        let test = """
            compopt() { :; }
            \(script)
            COMP_WORDS=(\(quoted)); COMP_CWORD=\(words.count - 1); _gantry
            words=(); for word in "${COMPREPLY[@]}"; do [[ \(words.last == "" ? "$word == --*" : "1 == 0") ]] || words+=("$word"); done
            echo "${words[*]}"
            """
        let result = try Tool.run("bash", ["-c", test])
        #expect(result.output == offered + "\n")
    }

    @Test(.enabled(if: Tool.path("man") != nil, "man is not installed"))
    func `man formats every page without a warning`() throws {
        try Fixture.withDirectory { directory in
            for page in ManualPages.all(CommandTable.gantry.definitions)
                + ManualPages.all(CommandTable.sample.definitions)
            {
                let file = "\(directory)/\(page.file)"
                try Fixture.write(page.text, to: file)
                let result = try Tool.run("man", ["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", file])
                #expect(result.status == 0)
                #expect(result.error == "", "\(page.file)")
            }
        }
    }

    @Test func `help writes the manual pages into a directory`() async throws {
        try await Fixture.withDirectory { directory in
            let result = await Harness().run("help", "--man", directory)
            #expect(result == Harness.Result(status: .done, output: "", error: ""))
            let page = try Fixture.read("\(directory)/gantry-addhost.1")
            #expect(page.hasPrefix(#".TH GANTRY\-ADDHOST 1"#))
            let missing = await Harness().run("help", "--man", "\(directory)/missing")
            #expect(missing.status == .failed)
            #expect(missing.error.contains("No such file or directory"))
        }
    }
}
