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

    init(
        options: CommonValues, environment: Environment, terminal: Terminal, output: Output,
        table: CommandTable = .gantry
    ) {
        self.options = options
        self.environment = environment
        self.terminal = terminal
        self.output = output
        self.table = table
    }

    /// The fleet directory that the command acts on.
    /// - Throws: status 78 where there is none.
    func fleet() throws(CommandError) -> FleetLocation {
        try FleetLocation.find(option: options.fleet, environment: environment)
    }

    /// Says something on standard error, unless `-q`.
    func note(_ text: String) {
        if !options.isQuiet { output.message(text) }
    }

    /// Says something on standard error with `-v`, or `-vv` for level 2.
    func detail(_ text: @autoclosure () -> String, level: Int = 1) {
        if options.verbosity >= level, !options.isQuiet { output.message(text()) }
    }

    /// Asks before something is changed: see `Confirmation`.
    func confirm(_ question: String, _ changes: ChangeValues) throws(CommandError) -> Bool {
        try Confirmation(terminal: terminal, output: output).ask(question, changes)
    }
}
