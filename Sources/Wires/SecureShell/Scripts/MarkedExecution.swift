/// The line that a login shell gets for a command, and what is read out of the marks it writes to standard error.
///
/// ssh exits with 255 when the connection fails, and a command may do so too. So the command runs between two marks that
/// carry a random word: *start* says that it began (with its process group, for ending it), *end* its exit code.
struct MarkedExecution: Sendable {
    /// 100 KiB: Linux takes 128 KiB as one argument, and the login shell gets the line as one.
    static let longestLine = 100 << 10

    /// Written before and after the command: `$0` is the mark, the arguments are the command.
    private static let wrapper = """
        export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
        printf '%s start\\n' "$0" >&2
        command -v -- "$1" >/dev/null 2>&1 || { printf '%s missing\\n' "$0" >&2; exit 127; }
        "$@"
        c=$?
        printf '%s end %s\\n' "$0" "$c" >&2
        exit "$c"
        """

    /// `$1` is the wrapper; root needs no sudo, which may not even be there.
    private static let elevation = """
        w=$1; shift
        [ "$(id -u)" = 0 ] || exec sudo -n -- /bin/sh -c "$w" "$0" "$@"
        exec /bin/sh -c "$w" "$0" "$@"
        """

    let mark: String

    init(mark: String = "gantry-mark-\(String(UInt64.random(in: 0...UInt64.max), radix: 16))") {
        self.mark = mark
    }

    /// The words that run a command between its marks.
    func words(for arguments: [String], asRoot: Bool) -> [String] {
        asRoot
            ? ["/bin/sh", "-c", Self.elevation, mark, Self.wrapper] + arguments
            : ["/bin/sh", "-c", Self.wrapper, mark] + arguments
    }

    /// The same as one line for a login shell.
    func line(for arguments: [String], asRoot: Bool) -> String {
        "exec " + words(for: arguments, asRoot: asRoot).map(shellQuoted).joined(separator: " ")
    }
}

/// What the marks of one execution have said so far.
struct ExecutionMarks: Equatable {
    private(set) var hasStarted = false
    private(set) var isMissing = false
    private(set) var exitCode: Int32?

    /// Reads a line of standard error; returns what of it is the command's own, nil for nothing.
    mutating func read(_ line: String, mark: String) -> String? {
        guard let range = line.firstRange(of: mark) else { return line }
        switch line[range.upperBound...].split(separator: " ") {
        case ["start"]: hasStarted = true
        case ["missing"]: isMissing = true
        case let words where words.count == 2 && words[0] == "end": exitCode = Int32(words[1])
        default: return line
        }
        // A last line without its end stands before the mark.
        let before = line[..<range.lowerBound]
        return before.isEmpty ? nil : String(before)
    }
}

/// What the command itself wrote to standard error: what a login shell's startup files and sudo say before it begins is
/// none of it. Where the beginning is beyond the bound of what is kept, all is the command's.
func commandsOwn(_ text: String, mark: String) -> String {
    let start = text.firstRange(of: "\(mark) start\n")
    return withoutMarks(start.map { String(text[$0.upperBound...]) } ?? text, mark: mark)
}

/// Standard error without the marks and the ends of their lines.
func withoutMarks(_ text: String, mark: String) -> String {
    var marks = ExecutionMarks()
    var own = ""
    var rest = text[...]
    while !rest.isEmpty {
        let end = rest.firstIndex(of: "\n")
        let line = rest[..<(end ?? rest.endIndex)]
        rest = end.map { rest[rest.index(after: $0)...] } ?? ""
        let kept = marks.read(String(line), mark: mark)
        own += kept ?? ""
        if let kept, kept.count == line.count, end != nil { own += "\n" }
    }
    return own
}
