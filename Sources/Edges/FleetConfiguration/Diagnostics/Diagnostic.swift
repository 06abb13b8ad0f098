/// One mistake (or doubt) in a file of the fleet directory, with its place.
public struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
    /// Whether the file can be used all the same.
    public enum Severity: String, Hashable, Sendable {
        case error, warning
    }

    /// Errors stop the command, warnings are said.
    public var severity: Severity
    /// The file as it was opened.
    public var file: String
    /// Where in it.
    public var mark: SourceMark
    /// The setting: `hosts.10.0.0.13.brokers`, `virthosts[2]`; empty for the file as a whole.
    public var path: String
    /// What is wrong, and what is right where there is no single replacement.
    public var message: String
    /// What to write instead: the nearest valid spelling.
    public var suggestion: String?

    /// A diagnostic of these parts.
    public init(
        severity: Severity = .error, file: String, mark: SourceMark, path: String, message: String,
        suggestion: String? = nil
    ) {
        self.severity = severity
        self.file = file
        self.mark = mark
        self.path = path
        self.message = message
        self.suggestion = suggestion
    }

    /// `defaults.cfg:12:3: hosts.10.0.0.13.brokers: 'x' is not …; did you mean '4'?`, in the form editors jump to.
    public var description: String {
        let place = "\(file):\(mark.line):\(mark.column): " + (severity == .warning ? "warning: " : "")
        return place + (path.isEmpty ? "" : "\(path): ") + message
            + (suggestion.map { "; did you mean '\($0)'?" } ?? "")
    }
}

/// Why the fleet directory cannot be used.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of it.
    public enum Code: String, Hashable, Sendable {
        /// No fleet directory was found, or the one that was named holds no `defaults.cfg`.
        case notFound = "fleet-not-found"
        /// A file of it cannot be read.
        case unreadable = "fleet-unreadable"
        /// `defaults.cfg` or a template has mistakes: `diagnostics`.
        case invalid = "configuration-invalid"
        /// A file could not be written.
        case unwritable = "fleet-unwritable"
    }

    /// Its kind.
    public var code: Code
    /// What failed, on which file or directory, and why.
    public var message: String
    /// The next thing to do.
    public var remedy: String
    /// Every mistake, by place; for `.invalid` at least one.
    public var diagnostics: [Diagnostic]
    /// Mistakes beyond the first `Diagnostics.limit`, counted only.
    public var omitted: Int

    /// An error of these parts.
    public init(code: Code, message: String, remedy: String, diagnostics: [Diagnostic] = [], omitted: Int = 0) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.diagnostics = diagnostics
        self.omitted = omitted
    }

    /// One line: the first mistake with its place, and how many there are besides.
    public var brief: String {
        let more = diagnostics.count - 1 + omitted
        return (diagnostics.first?.description ?? message) + (more > 0 ? " (and \(more) more)" : "")
    }

    /// The message, a line for each mistake, and the remedy.
    public var description: String {
        var lines = [message] + diagnostics.map(\.description)
        if omitted > 0 { lines.append("… and \(omitted) more") }
        lines.append(remedy)
        return lines.joined(separator: "\n")
    }
}

/// Collects diagnostics of one file.
struct Diagnostics {
    /// Enough to mend any file that was meant as one; a file that is something else altogether shall not fill the
    /// terminal.
    static let limit = 200

    let file: String
    private(set) var all: [Diagnostic] = []
    private(set) var omitted = 0
    private var seen: Set<Place> = []

    private struct Place: Hashable {
        var severity: Diagnostic.Severity
        var mark: SourceMark
        var path: String
    }

    init(file: String) { self.file = file }

    var hasErrors: Bool { all.contains { $0.severity == .error } }
    var warnings: [Diagnostic] { sorted(.warning) }

    /// The error to throw once something was found wrong.
    func failure() -> ConfigurationError {
        let errors = sorted(.error)
        let count = errors.count + omitted
        return ConfigurationError(
            code: .invalid, message: "\(file) has \(count == 1 ? "a mistake" : "\(count) mistakes")",
            remedy: "correct \(count == 1 ? "it" : "them") and run the command again; nothing was changed",
            diagnostics: errors, omitted: omitted)
    }

    /// Adds one. A setting is found wrong once: a mistake in `defaults` would else be said again for every host.
    mutating func add(
        _ severity: Diagnostic.Severity, _ message: String, at mark: SourceMark, path: String,
        suggestion: String? = nil
    ) {
        let new = Diagnostic(
            severity: severity, file: file, mark: mark, path: path, message: message, suggestion: suggestion)
        guard all.count < Self.limit else {
            if severity == .error { omitted += 1 }
            return
        }
        if seen.insert(Place(severity: severity, mark: mark, path: path)).inserted { all.append(new) }
    }

    private func sorted(_ severity: Diagnostic.Severity) -> [Diagnostic] {
        all.filter { $0.severity == severity }.sorted { ($0.mark, $0.path) < ($1.mark, $1.path) }
    }
}
