/// The one line of a check that Nagios and its kin call: `GANTRY OK - all well | took=0.212s under_replicated=0;;0`
/// (Monitoring Plugins Development Guidelines, "Plugin Output" and "Performance data").
struct NagiosLine: Hashable, Sendable {
    /// One measured value.
    struct Measure: Hashable, Sendable {
        enum Unit: String, Hashable, Sendable {
            case none = ""
            case seconds = "s"
            case bytes = "B"
            case percent = "%"
        }

        var label: String
        /// Written with at most three decimals.
        var value: Double
        var unit: Unit
        /// Values above these are a warning, or critical.
        var warning: Double?
        var critical: Double?
        var minimum: Double?
        var maximum: Double?

        init(
            _ label: String, _ value: Double, _ unit: Unit = .none, warning: Double? = nil, critical: Double? = nil,
            minimum: Double? = nil, maximum: Double? = nil
        ) {
            self.label = label
            self.value = value
            self.unit = unit
            self.warning = warning
            self.critical = critical
            self.minimum = minimum
            self.maximum = maximum
        }

        /// `label=value[unit][;warning[;critical[;minimum[;maximum]]]]`.
        var text: String {
            var fields = [NagiosLine.number(value) + unit.rawValue]
            fields += [warning, critical, minimum, maximum].map { $0.map(NagiosLine.number) ?? "" }
            while fields.last == "" { fields.removeLast() }
            return "\(quotedLabel)=\(fields.joined(separator: ";"))"
        }

        private var quotedLabel: String {
            let name = TextWidth.harmless(label).replacing("=", with: "_").replacing("'", with: "''")
            return name.contains(" ") || name.contains("'") ? "'\(name)'" : name
        }
    }

    var status: ExitStatus
    /// What an operator reads in the pager.
    var message: String
    var measures: [Measure]

    init(_ status: ExitStatus, _ message: String, _ measures: [Measure] = []) {
        self.status = status
        self.message = message
        self.measures = measures
    }

    /// What a check says that could not be made.
    init(_ error: CommandError) {
        let parts = [error.object, error.reason].compactMap(\.self)
        self.init(.unknown, ([error.message] + parts).joined(separator: ": "))
    }

    var text: String {
        // A bar ends the message, so none may be in it.
        let message = TextWidth.harmless(message).replacing("|", with: "/")
        let data = measures.isEmpty ? "" : " | " + measures.map(\.text).joined(separator: " ")
        return "GANTRY \(word) - \(message)\(data)"
    }

    private var word: String {
        switch status {
        case .done: "OK"
        case .warning: "WARNING"
        case .failed: "CRITICAL"
        case .unknown, .refused, .stopped, .usage, .configuration: "UNKNOWN"
        }
    }

    /// A number without exponent: at most three decimals, none where it is whole. `U` where it is none at all.
    fileprivate static func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 0x1p53 else { return "U" }
        let whole = Int64(abs(value))
        let thousandths = Int64((abs(value) - Double(whole)) * 1000 + 0.5)
        let (units, rest) = thousandths == 1000 ? (whole + 1, 0) : (whole, thousandths)
        var decimals = rest == 0 ? "" : ".\(String(1000 + rest).dropFirst())"
        while decimals.last == "0" { decimals.removeLast() }
        return (value < 0 && (units, rest) != (0, 0) ? "-" : "") + "\(units)\(decimals)"
    }
}

extension String {
    /// Without Foundation, for single characters.
    func replacing(_ character: Character, with text: String) -> String {
        reduce(into: "") { $1 == character ? $0.append(text) : $0.append($1) }
    }
}
