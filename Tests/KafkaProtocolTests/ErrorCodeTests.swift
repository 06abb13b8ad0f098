import Foundation
import KafkaProtocol
import Testing

/// The tables of error codes and API keys.
@Suite struct ErrorCodeTests {
    private struct Row: Decodable {
        let code: Int16
        let name: String
        let retriable: Bool
    }

    @Test func `the table agrees with the independent implementation's`() throws {
        let rows = try JSONDecoder().decode([Row].self, from: Data(contentsOf: fixture("errors.json")))
        #expect(rows.count > 100)
        for row in rows {
            let code = ErrorCode(rawValue: row.code)
            #expect(code.name == row.name)
            #expect(code.isRetriable == row.retriable, "\(code)")
        }
    }

    @Test func `every code has one row and a meaning of one sentence`() {
        #expect(Set(ErrorCode.table.map(\.code)).count == ErrorCode.table.count)
        #expect(ErrorCode.table.map(\.code.rawValue) == Array(-1...136))
        for entry in ErrorCode.table {
            #expect(entry.meaning.hasSuffix("."), "\(entry.name)")
            #expect(entry.code.description == "\(entry.name) (\(entry.code.rawValue))")
        }
    }

    @Test func `an unknown number survives with its number`() {
        let code = ErrorCode(rawValue: 999)
        #expect(code.entry == nil)
        #expect(code.description == "ERROR_999 (999)")
        #expect(!code.isRetriable)
        #expect(!code.isSuccess)
    }

    @Test func `API keys print their name where they have one`() {
        #expect(APIKey.metadata.description == "Metadata (3)")
        #expect(APIKey.unregisterController.rawValue == 94)
        #expect(APIKey(rawValue: 999).description == "API (999)")
    }
}
