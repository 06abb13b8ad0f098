import FleetModel

extension CommandContext {
    /// How documents are shown.
    var documentStyle: Style {
        Style(
            hasColor: terminal.colorsOutput(options.color), hasUnicode: terminal.hasUnicode,
            columns: terminal.outputIsTerminal ? terminal.columns : nil, fleet: fleetMention)
    }

    /// How messages on standard error are shown.
    var messageStyle: Style {
        Style(
            hasColor: terminal.colorsError(options.color), hasUnicode: terminal.hasUnicode,
            columns: terminal.errorIsTerminal ? terminal.columns : nil, fleet: fleetMention)
    }

    /// Writes the command's one document to standard output, as `--format` says.
    func show(_ report: some Report) {
        switch options.format {
        case .table: output.document(report.document.text(documentStyle))
        case .json: output.document(mentioningFleet(report.json).text(.indented))
        case .plain: output.document(report.plain.map { mentioningFleet($0) }.joined(separator: "\n"))
        }
    }

    /// Says why the command failed: as the JSON document where that is wanted and none was written yet, else on
    /// standard error. A monitor reads standard output alone: as its plugin the command says it there too.
    func show(_ error: CommandError, asMonitorPlugin: Bool = false) {
        output.live(nil)
        if asMonitorPlugin, options.format == .plain, !output.hasDocument {
            output.document(NagiosLine(error).text)
        }
        if options.format == .json, !output.hasDocument {
            output.document(mentioningFleet(error.json).text(.indented))
        } else {
            output.message(error.text(messageStyle))
        }
    }
}
