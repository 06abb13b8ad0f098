import FleetModel
import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

@Suite struct FleetMentionTests {
    private let mention = FleetMention("/srv/try", commands: CommandTable.gantry.definitions.map(\.name))

    @Test(arguments: [
        ("gantry operation resume 20260501", "gantry --fleet /srv/try operation resume 20260501"),
        (
            "bring it back (gantry bootstrap), or gantry removehost a --dead",
            "bring it back (gantry --fleet /srv/try bootstrap), or gantry --fleet /srv/try removehost a --dead"
        ),
        ("gantry help addhost", "gantry help addhost"), ("run gantry as root", "run gantry as root"),
        ("/opt/gantry bootstrap", "/opt/gantry bootstrap"), ("use a newer gantry", "use a newer gantry"),
        ("gantry bootstrap --fleet /srv/other", "gantry bootstrap --fleet /srv/other"), ("", ""),
    ])
    func `command lines get the fleet, and nothing else does`(text: String, expected: String) {
        #expect(mention.added(to: text) == expected)
    }

    @Test func `a directory's name is quoted where a shell needs it`() {
        let spaced = FleetMention("/srv/a b", commands: ["bootstrap"])
        #expect(spaced.added(to: "gantry bootstrap") == "gantry --fleet '/srv/a b' bootstrap")
    }

    @Test func `in documents only what says what to run is changed`() {
        let document: JSONValue = [
            "findings": [["remedy": "gantry bootstrap", "rule": "r"]], "reason": "gantry bootstrap failed",
            "error": ["next": "gantry audit", "evidence": ["gantry bootstrap"]],
        ]
        #expect(
            mention.added(to: document) == [
                "findings": [["remedy": "gantry --fleet /srv/try bootstrap", "rule": "r"]],
                "reason": "gantry bootstrap failed",
                "error": ["next": "gantry --fleet /srv/try audit", "evidence": ["gantry bootstrap"]],
            ])
    }

    @Test(arguments: ["table", "json", "plain"]) func `a refusal's next line acts on the fleet that was named`(
        format: String
    ) async throws {
        try await Fixture.withDirectory { directory in
            var harness = Harness()
            harness.table = .gantry
            _ = await harness.run("init", "--simulated", directory)
            let refused = await harness.run("--fleet", directory, "operation", "resume", "--format", format)
            #expect(refused.status == .refused)
            let said = refused.output + refused.error
            #expect(said.contains("gantry --fleet \(directory) bootstrap"), "\(said)")
            var unnamed = Harness(environment: ["GANTRY_FLEET": directory])
            unnamed.table = .gantry
            #expect(await unnamed.run("operation", "resume").error.contains("next  gantry bootstrap"))
        }
    }
}
