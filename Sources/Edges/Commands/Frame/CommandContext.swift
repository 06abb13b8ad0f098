import FleetConfiguration
import FleetRuntime
import Glibc

/// What a command has to work with besides its arguments.
struct CommandContext: Sendable {
    /// The common options.
    let options: CommonValues
    /// Environment variables.
    let environment: Environment
    /// How things can be shown.
    let terminal: Terminal
    /// Standard output and error.
    let output: Output
    /// Where the commands are listed, for help, completion and manual pages.
    let table: CommandTable
    /// The record of this invocation: a command that starts or steers an operation names it there.
    let audit: AuditTrail
    /// What a command that changes something is run for.
    private(set) var purpose = CommandPurpose.execute

    /// The same for another purpose.
    func with(_ purpose: CommandPurpose) -> CommandContext {
        var context = self
        context.purpose = purpose
        return context
    }

    init(
        options: CommonValues, environment: Environment, terminal: Terminal, output: Output,
        table: CommandTable = .gantry, audit: AuditTrail = AuditTrail()
    ) {
        self.options = options
        self.environment = environment
        self.terminal = terminal
        self.output = output
        self.table = table
        self.audit = audit
    }

    /// The fleet directory that the command acts on.
    /// - Throws: status 78 where there is none.
    func fleet() throws(CommandError) -> FleetDirectory {
        do {
            return try FleetDirectory.locate(
                option: options.fleet, variable: environment[FleetDirectory.variable],
                currentDirectory: Self.currentDirectory, sight: Self.sight)
        } catch { throw error.commandError }
    }

    /// Whether a file is at `path`: a link that leads nowhere and a directory that this user may not look into are no
    /// proof that there is none, and reading will say what they are.
    private static func sight(_ path: String) -> FileSight {
        var status = stat()
        if lstat(path, &status) == 0 { return .present }
        return errno == ENOENT || errno == ENOTDIR ? .absent : .hidden
    }

    /// The fleet's configuration; its warnings are said on standard error.
    /// - Throws: every mistake in it, status 78.
    func configuration() throws(CommandError) -> FleetConfiguration {
        let directory = try fleet()
        do { return try configuration(of: directory) } catch { throw error.commandError }
    }

    /// The same of a fleet directory that was found.
    /// - Throws: what keeps it from being read, with every mistake.
    func configuration(of directory: FleetDirectory) throws(ConfigurationError) -> FleetConfiguration {
        let configuration = try FleetConfiguration.load(
            directory: directory, home: environment["HOME"], clauses: NewFleet.clauses)
        for warning in configuration.warnings { note(warning.description) }
        return configuration
    }

    /// `getcwd(3)`; "/" where the directory was deleted.
    static var currentDirectory: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }

    /// Says something on standard error, unless `-q`; a text of several lines stays one.
    func note(_ text: String) {
        if !options.isQuiet { output.message(Self.harmless(mentioningFleet(text))) }
    }

    /// The same with a document, in the style of standard error: what it holds is harmless already, its colours stay.
    func note(_ document: Document) {
        if !options.isQuiet { output.message(document.text(messageStyle)) }
    }

    /// The same in the place of the live line, with another one below it.
    func note(_ text: String, thenLive live: String?) {
        if !options.isQuiet { output.message(Self.harmless(mentioningFleet(text)), thenLive: live) }
    }

    /// Says something on standard error with `-v`, or `-vv` for level 2.
    func detail(_ text: @autoclosure () -> String, level: Int = 1) {
        if options.verbosity >= level, !options.isQuiet { output.message(Self.harmless(text())) }
    }

    private static func harmless(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { TextWidth.harmless(String($0)) }
            .joined(separator: "\n")
    }

    /// Asks before something is changed: see `Confirmation`. What would be done stands above the question, and that
    /// nothing was changed below a "no".
    func confirm(
        _ question: String, _ changes: ChangeValues, showing plan: PlanReport? = nil
    ) throws(CommandError) -> Bool {
        if !changes.isConfirmed, let plan { note(plan.preview) }
        let isConfirmed = try Confirmation(terminal: terminal, output: output).ask(question, changes)
        if !isConfirmed { note("nothing was changed") }
        return isConfirmed
    }
}
