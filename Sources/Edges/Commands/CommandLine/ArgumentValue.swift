import FleetModel
import HealthRules

/// A type that an argument or an option's value can have.
protocol ArgumentValue: Sendable {
    /// Nil where the text is none.
    init?(argument: String)
    /// Its name in help: `HOST`.
    static var placeholder: String { get }
    /// What a valid one looks like, after "wants": "a number above 0".
    static var expectation: String { get }
    /// What a shell can offer for it.
    static var completion: CompletionHint { get }
}

extension ArgumentValue {
    static var completion: CompletionHint { .nothing }
}

/// What a shell can offer for a value.
enum CompletionHint: Hashable, Sendable {
    case nothing
    case directories
    case files
    case words([String])
}

/// A value that is one of a few words.
protocol ArgumentChoice: ArgumentValue, RawRepresentable<String>, CaseIterable {}

extension ArgumentChoice {
    init?(argument: String) { self.init(rawValue: argument) }
    static var words: [String] { allCases.map(\.rawValue) }
    static var placeholder: String { words.joined(separator: "|") }
    static var expectation: String { "one of \(words.joined(separator: ", "))" }
    static var completion: CompletionHint { .words(words) }
}

extension String: ArgumentValue {
    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        self = argument
    }
    static var placeholder: String { "TEXT" }
    static var expectation: String { "a text that is not empty" }
}

/// A path as the operator typed it, relative to the current directory.
struct FilePath: ArgumentValue, Hashable {
    let path: String
    init(_ path: String) { self.path = path }
    init?(argument: String) {
        guard !argument.isEmpty, !argument.utf8.contains(0) else { return nil }
        path = argument
    }
    static var placeholder: String { "FILE" }
    static var expectation: String { "a file's path" }
    static var completion: CompletionHint { .files }
}

/// A directory's path as the operator typed it, relative to the current directory.
struct DirectoryPath: ArgumentValue, Hashable {
    let path: String
    init(_ path: String) { self.path = path }
    init?(argument: String) {
        guard !argument.isEmpty, !argument.utf8.contains(0) else { return nil }
        path = argument
    }
    static var placeholder: String { "DIR" }
    static var expectation: String { "a directory's path" }
    static var completion: CompletionHint { .directories }
}

extension HostName: ArgumentValue {
    init?(argument: String) { self.init(rawValue: argument) }
    static var placeholder: String { "HOST" }
    static var expectation: String { "a host of 'virthosts': \(rule)" }
}

/// `HOST[,HOST…]`; each once.
struct HostList: ArgumentValue, Hashable {
    let hosts: [HostName]
    init?(argument: String) {
        guard let hosts = distinctElements(of: argument, HostName.init(argument:)) else { return nil }
        self.hosts = hosts
    }
    static var placeholder: String { "HOST[,HOST…]" }
    static var expectation: String { "hosts with a comma between them, each once" }
}

extension NodeID: ArgumentValue {
    init?(argument: String) { self.init(argument) }
    static var placeholder: String { "ID" }
    static var expectation: String { "a node's id: a number from 0 upwards" }
}

/// `ID[,ID…]`; each once.
struct NodeIDList: ArgumentValue, Hashable {
    let ids: [NodeID]
    init?(argument: String) {
        guard let ids = distinctElements(of: argument, NodeID.init(argument:)) else { return nil }
        self.ids = ids
    }
    static var placeholder: String { "ID[,ID…]" }
    static var expectation: String { "node ids with a comma between them, each once: 1,2,5" }
}

private func distinctElements<Element: Hashable>(
    of list: String, _ element: (String) -> Element?
) -> [Element]? {
    let parts = list.split(separator: ",", omittingEmptySubsequences: false)
    let elements = parts.compactMap { element(String($0)) }
    return elements.count == parts.count && Set(elements).count == elements.count ? elements : nil
}

/// How many: at least one.
struct Count: ArgumentValue, Hashable {
    let value: Int
    init?(argument: String) {
        guard argument.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(argument), value > 0 else {
            return nil
        }
        self.value = value
    }
    static var placeholder: String { "COUNT" }
    static var expectation: String { "a number above 0" }
}

/// A span of time with its unit: `30s`, `15m`, `12h`, `7d`, `2w`.
struct TimeSpan: ArgumentValue, Hashable {
    let duration: Duration
    init?(argument: String) {
        let seconds: Int64? =
            switch argument.last {
            case "s": 1
            case "m": 60
            case "h": 3600
            case "d": 86_400
            case "w": 604_800
            default: nil
            }
        let digits = argument.dropLast()
        guard let seconds, !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let count = Int64(digits), case let (total, overflow) = count.multipliedReportingOverflow(by: seconds),
            !overflow, total <= Self.longest
        else { return nil }
        duration = .seconds(total)
    }
    /// A hundred years: beyond it, arithmetic with instants could overflow.
    private static let longest: Int64 = 100 * 366 * 86_400
    static var placeholder: String { "TIME" }
    static var expectation: String { "a time with its unit (s, m, h, d, w): 30s, 12h, 7d" }
}

/// `CODE[=OBJECT]` of `--accept`: the one blocker that is waived.
struct AcceptedBlocker: ArgumentValue, Hashable {
    /// The blocker's stable code.
    let code: String
    /// The one object it is waived for; nil: whatever object it names.
    let object: String?
    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let code = parts.first, parts.count < 2 || !parts[1].isEmpty, Acceptance.codes.contains(String(code))
        else {
            return nil
        }
        self.code = String(code)
        self.object = parts.count == 2 ? String(parts[1]) : nil
    }
    static var placeholder: String { "CODE[=OBJECT]" }
    static var expectation: String {
        "the code of a blocker that can be waived (\(codes.joined(separator: ", ")); clauses of assumptions.txt are waived in "
            + "defaults.cfg)"
    }
    static var completion: CompletionHint { .words(codes) }
    private static let codes = Acceptance.codes.sorted()
}
