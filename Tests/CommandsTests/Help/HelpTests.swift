import FleetConfiguration
import Testing

@testable import Commands

/// The help of every command as a file: a change to the table is seen in review.
@Suite struct HelpTests {
    @Test func `the overview is as recorded`() throws {
        try expectSnapshot(HelpText.overview(CommandTable.gantry.definitions, Style(columns: 100)), "help/gantry.txt")
    }

    @Test(arguments: TableTests.shown.map(\.path))
    func `the help of a command is as recorded`(path: [String]) throws {
        let definition = try #require(CommandTable.gantry.entry(path)?.definition)
        let text = HelpText.explanation(definition, path: path, Style(columns: 100))
        try expectSnapshot(text, "help/\(path.joined(separator: "-")).txt")
    }

    @Test(arguments: [["help", "plan", "check"], ["plan", "check", "--help"]])
    func `what stands behind a command as its first word has help of its own`(line: [String]) async throws {
        var harness = Harness()
        harness.table = .gantry
        let result = await harness.run(line)
        #expect(result.status == .done && result.output.contains("gantry plan check"), "\(result.error)")
        #expect(["FILE", "--rollback-json", "64"].allSatisfy(result.output.contains))
        let topic = try #require(CommandTable.gantry.entry(["plan"])?.definition.topics.first)
        try expectSnapshot(
            HelpText.explanation(topic, path: ["plan", topic.name], Style(columns: 100)), "help/plan-check.txt")
    }

    @Test(arguments: [["help", "plan", "removebroker"], ["plan", "removebroker", "--help"]])
    func `a command that another one takes is explained behind it`(line: [String]) async throws {
        var harness = Harness()
        harness.table = .gantry
        let result = await harness.run(line)
        #expect(result.status == .done && result.output.contains("gantry plan removebroker"), "\(result.error)")
        #expect(["ID[,ID…]", "--delete-data", "gantry help plan"].allSatisfy(result.output.contains))
        let unknown = await harness.run(["help", "plan", "dockmon"])
        #expect(unknown.status == .usage)
    }

    @Test func `every setting is explained in help and in a manual page`() async throws {
        let result = await Harness().run("help", "defaults.cfg")
        let page = try #require(ManualPages.all([]).last)
        #expect(page.file == "gantry-defaults.cfg.5")
        #expect(FleetConfiguration.reference.count > 20)
        for entry in FleetConfiguration.reference {
            #expect(result.output.contains("\n\(entry.path)\n"))
            #expect(page.text.contains(#"\fB\#(Roff.escaped(entry.path))\fR"#))
        }
    }

    @Test func `what is hidden is nowhere`() {
        let definitions = CommandTable.sample.definitions
        let texts =
            [HelpText.overview(definitions, Style())] + ManualPages.all(definitions).map(\.text)
            + Shell.allCases.map { $0.script(definitions) }
        for text in texts { #expect(!text.contains("hidden") && !text.contains("--man")) }
    }

    @Test func `every option of a command is in its help and in its manual page`() throws {
        let pages = ManualPages.all(CommandTable.gantry.definitions)
        for (path, command) in TableTests.shown where command.subcommands.isEmpty {
            let help = HelpText.explanation(command, path: path, Style())
            let page = try #require(pages.first { $0.file == "gantry-\(path[0]).1" })
            for option in (command.options + command.changes.definitions) where !option.isHidden {
                #expect(help.contains(option.spelling))
                #expect(page.text.replacing("\\", with: "").contains(option.spelling))
            }
        }
    }
}
