/// What `kafka-reassign-partitions.sh --generate` prints: two headings, each with a document below it.
///
/// Its form is that of Kafka's `ReassignPartitionsCommand.generateAssignment`; `--execute` prints the first half alone.
enum GeneratedText {
    private static let current = Array("Current partition replica assignment".utf8)
    private static let proposed = Array("Proposed partition reassignment configuration".utf8)

    /// Where the document begins that is meant: the text's only one, or the one below the heading of the proposal.
    /// - Throws: `PlanningRefusal` where that is not one, or only the current lists are there, which nobody proposes.
    static func proposal(in bytes: [UInt8]) throws(PlanningRefusal) -> Int {
        guard let first = bytes.firstIndex(where: { !isSpace($0) }), bytes[first] != brace else { return 0 }
        var documents: [Int] = []
        var (currents, proposals): ([Int], [Int]) = ([], [])
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0a) ?? bytes.count
            if let text = bytes[start..<end].firstIndex(where: { !isSpace($0) }) {
                let line = bytes[text..<end]
                if line.first == brace { documents.append(text) }
                if line.starts(with: current) { currents.append(text) }
                if line.starts(with: proposed) { proposals.append(text) }
            }
            start = end + 1
        }
        guard max(currents.count, proposals.count) < 2 else {
            throw refusal(
                "these are \(max(currents.count, proposals.count)) outputs of --generate in one file",
                remedy: "name a file with the one that is meant")
        }
        guard let heading = proposals.first else {
            if currents.isEmpty, documents.count < 2 { return documents.first ?? 0 }
            throw currents.isEmpty
                ? refusal(
                    "these are \(documents.count) documents in one file",
                    remedy: "name a file with the one that is meant")
                : refusal(
                    "this has the current lists alone, and no proposal",
                    remedy: "give the whole output of --generate; to judge the way back to these lists, the JSON "
                        + "without its heading")
        }
        // Its last line may be all that came through.
        guard let document = documents.first(where: { $0 > heading }) else {
            throw refusal(
                "this ends before the proposal: nothing follows its heading",
                remedy: "give the whole output of --generate")
        }
        return document
    }

    private static let brace = UInt8(ascii: "{")

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x0a, 0x0d, 0x09].contains(byte) }

    private static func refusal(_ message: String, remedy: String) -> PlanningRefusal {
        PlanningRefusal(code: "format", message, remedy: remedy)
    }
}
