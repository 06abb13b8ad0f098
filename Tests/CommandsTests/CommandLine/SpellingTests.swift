import FleetConfiguration
import Testing

@testable import Commands

@Suite struct SpellingTests {
    static let commands = ["preflight", "bootstrap", "clusterstatus", "addhost", "operation"]

    @Test(arguments: [
        ("bootsrap", "bootstrap"), ("BOOTSTRAP", "bootstrap"), ("cluster-status", "clusterstatus"),
        ("clusterstat", "clusterstatus"), ("cluster", "clusterstatus"), ("status", "clusterstatus"),
        ("adhost", "addhost"), ("opertaion", "operation"), ("pre", "preflight"),
    ])
    func `a slip finds the word that was meant`(word: String, meant: String) {
        #expect(Spelling.meant(by: word, among: Self.commands) == meant)
    }

    @Test(arguments: ["", "x", "qq", "zookeeper", String(repeating: "bootstrap", count: 10_000)])
    func `what is near to nothing finds nothing`(word: String) {
        #expect(Spelling.meant(by: word, among: Self.commands) == nil)
    }
}
