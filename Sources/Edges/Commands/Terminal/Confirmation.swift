/// The question before something is changed.
struct Confirmation: Sendable {
    let terminal: Terminal
    let output: Output
    /// Reads a line of the answer; nil at the end of input, and when Ctrl-C was the answer.
    var readAnswer: @Sendable () -> String? = Answer.read

    /// Asks, unless `--yes` answers: true goes on. Anything but "y" or "yes" is no.
    /// - Throws: a usage error where there is no terminal to ask on and no `--yes`.
    func ask(_ question: String, _ changes: ChangeValues) throws(CommandError) -> Bool {
        if changes.isConfirmed { return true }
        guard terminal.inputIsTerminal else {
            throw CommandError(
                "confirmation", "there is no terminal to ask on, and --yes is not given; nothing was changed",
                next: "look at the plan with --dry-run, then run it with --yes", exit: .usage)
        }
        output.question("\(question) [y/N] ")
        guard let answer = readAnswer()?.lowercased() else {
            // What follows begins on a line of its own.
            output.question("\n")
            return false
        }
        return answer == "y" || answer == "yes"
    }
}
