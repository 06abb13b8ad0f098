import Glibc

/// The facts about standard input, output and error that decide how things are shown.
struct Terminal: Hashable, Sendable {
    /// Standard input is a terminal: a question can be asked.
    var inputIsTerminal = false
    /// Standard output is one.
    var outputIsTerminal = false
    /// Standard error is one.
    var errorIsTerminal = false
    /// TERM names one that understands cursor and colour sequences.
    var understandsSequences = false
    /// The locale's encoding is UTF-8: bars and ellipses may be drawn with its characters.
    var hasUnicode = true
    /// NO_COLOR is set and not empty (no-color.org).
    var refusesColor = false
    /// Columns; nil where none of the three is a terminal.
    var columns: Int?

    /// What is true of this process.
    static func current(_ environment: Environment) -> Terminal {
        var terminal = Terminal()
        terminal.inputIsTerminal = isatty(0) == 1
        terminal.outputIsTerminal = isatty(1) == 1
        terminal.errorIsTerminal = isatty(2) == 1
        let term = environment["TERM"] ?? ""
        terminal.understandsSequences = term != "dumb" && !term.isEmpty
        terminal.refusesColor = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let encoding = locale.lowercased()
        terminal.hasUnicode = encoding.contains("utf-8") || encoding.contains("utf8")
        terminal.columns = width()
        return terminal
    }

    /// The columns of the first of standard output and error that is a terminal, as they are now.
    static func width() -> Int? {
        for descriptor: CInt in [1, 2] {
            var size = winsize()
            if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        }
        return nil
    }

    /// Whether documents are coloured.
    func colorsOutput(_ choice: ColorChoice) -> Bool { colors(choice, isTerminal: outputIsTerminal) }
    /// Whether what goes to standard error is coloured.
    func colorsError(_ choice: ColorChoice) -> Bool { colors(choice, isTerminal: errorIsTerminal) }

    private func colors(_ choice: ColorChoice, isTerminal: Bool) -> Bool {
        switch choice {
        case .always: true
        case .never: false
        case .auto: isTerminal && understandsSequences && !refusesColor
        }
    }
}

/// Environment variables: the process's own, or a test's.
struct Environment: Sendable {
    private let values: [String: String]?

    /// Those of this process.
    static let process = Environment(values: nil)
    /// These alone.
    init(_ values: [String: String]) { self.values = values }
    private init(values: [String: String]?) { self.values = values }

    subscript(name: String) -> String? {
        if let values { return values[name] }
        return getenv(name).map { String(cString: $0) }
    }
}
