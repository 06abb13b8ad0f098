import Testing
import Threads

@testable import Commands
@testable import enum Commands.ExitStatus

/// Keeps what is written; can refuse like a descriptor.
final class Capture: ByteSink {
    private let state = Locked((bytes: [UInt8](), refusal: CInt(0)))

    init(refusing code: CInt = 0) { state.withLock { $0.refusal = code } }

    func write(_ bytes: [UInt8]) -> CInt {
        state.withLock { state in
            if state.refusal == 0 { state.bytes += bytes }
            return state.refusal
        }
    }

    func refuse(with code: CInt) { state.withLock { $0.refusal = code } }
    var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }
}

/// Runs command lines without a process.
struct Harness {
    var environment: [String: String] = [:]
    var terminal = Terminal()
    var table: CommandTable = .sample
    var audit: AuditSource?
    let output = Capture()
    let error = Capture()

    struct Result: Equatable {
        var status: ExitStatus
        var output: String
        var error: String
    }

    func run(_ arguments: String...) async -> Result { await run(arguments) }

    func run(_ arguments: [String]?) async -> Result {
        let output = Output(output: output, error: error, showsLive: false)
        let status = await Commands.run(
            arguments, environment: Environment(environment), terminal: terminal, output: output, table: table,
            audit: audit)
        return Result(status: status, output: self.output.text, error: self.error.text)
    }

    func context(_ options: CommonValues = CommonValues(), showsLive: Bool = false) -> CommandContext {
        CommandContext(
            options: options, environment: Environment(environment), terminal: terminal,
            output: Output(output: output, error: error, showsLive: showsLive), table: table)
    }
}

/// Compares with a file beside the tests; `GANTRY_RECORD=1` writes it anew.
func expectSnapshot(
    _ text: String, _ name: String, file: String = #filePath, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let path = Fixture.path(name)
    if Environment.process["GANTRY_RECORD"] == "1" { try Fixture.write(text + "\n", to: path) }
    let expected = try Fixture.read(path)
    #expect(text + "\n" == expected, "\(name) differs; record it with GANTRY_RECORD=1", sourceLocation: sourceLocation)
}
