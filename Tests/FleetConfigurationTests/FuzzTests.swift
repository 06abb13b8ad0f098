import FleetModel
import Testing

@testable import FleetConfiguration

/// SplitMix64: the same bytes on every machine and run.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// What an operator's editor, a bad copy or a broken disk make of a file.
private func damaged(_ bytes: [UInt8], _ random: inout Seeded) -> [UInt8] {
    var bytes = bytes
    let pieces = [
        "999999999999999999999", "-1", "0", "\t", "\n", ": ", "- ", "[", "]", "{", "}", "&a ", "*a", "<<: ", "!!int ",
        "\"", "'", "#", "~", "%", "g", "MiB/s", "\u{0}", "é", "|\n", "..", "//", "$", "9223372036854775807.999g",
        "922337203685477580.9%", "255.255.255.255", ":65535", "🦆",
    ].map { Array($0.utf8) }
    for _ in 0..<Int.random(in: 1...2, using: &random) where !bytes.isEmpty {
        let index = Int.random(in: bytes.indices, using: &random)
        let end = min(bytes.count, index + Int.random(in: 0...12, using: &random))
        switch Int.random(in: 0...4, using: &random) {
        case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &random)
        case 1: bytes.removeSubrange(index..<end)
        case 2: bytes.insert(contentsOf: bytes[index..<end], at: Int.random(in: bytes.indices, using: &random))
        case 3: bytes.insert(contentsOf: pieces.randomElement(using: &random) ?? [], at: index)
        default: bytes.removeSubrange(index...)
        }
    }
    return bytes
}

@Suite struct FuzzTests {
    @Test(arguments: 0..<8)
    func `a damaged defaults.cfg is a fleet or a list of mistakes, never a trap`(seed: UInt64) throws {
        var random = Seeded(state: seed)
        for _ in 0..<400 {
            let bytes = damaged(Array(goodFile.utf8), &random)
            switch Result(catching: {
                try FleetConfiguration.parse(bytes, directory: FleetDirectory(path: "/f"), home: nil)
            }) {
            case .success(let good):
                #expect(good.specification.hosts.allSatisfy { !$0.data.isEmpty && $0.brokers > 0 })
                // What is accepted can be laid out and stamped.
                let host = good.specification.hosts[0]
                guard let layout = try? layout(good.specification) else { continue }
                let stamped = try template(richTemplate).stamped(for: host, layout: layout, fleet: good.specification)
                #expect(stamped.nodes.count >= host.brokers)
            case .failure(let error as ConfigurationError):
                #expect(!error.diagnostics.isEmpty && error.diagnostics.allSatisfy { $0.mark.line > 0 })
            case .failure(let error): throw error
            }
        }
    }

    @Test(arguments: 100..<108)
    func `a damaged template is refused, or stamps a file that YAML reads`(seed: UInt64) throws {
        var random = Seeded(state: seed)
        for _ in 0..<200 {
            let bytes = damaged(Array(richTemplate.utf8), &random)
            guard let template = try? ComposeTemplate(bytes, file: "t") else { continue }
            let fleet = try parse(goodFile).specification
            let host = try template.stamped(for: fleet.hosts[0], layout: layout(fleet), fleet: fleet)
            #expect(throws: Never.self) { try YAMLDocument(host.files[0].contents) }
        }
    }
}
