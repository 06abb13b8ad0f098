import FleetModel

extension CommandError {
    /// The error as operators read it: what failed, on which object, why, the next command; then what it consists of.
    func text(_ style: Style) -> String {
        (["\(style.paint("gantry:", .bad)) \(TextWidth.harmless(message))"] + body(indent: "    ", style))
            .joined(separator: "\n")
    }

    /// The same as a part of a document: in the form of a finding.
    func lines(_ style: Style) -> [String] {
        [
            style.paint("failed", .bad) + "  " + style.paint(TextWidth.harmless(message), .strong) + "  "
                + style.paint(code, .faint)
        ] + body(indent: "    ", style)
    }

    private func body(indent: String, _ style: Style) -> [String] {
        let proof = evidence.map { indent + style.paint("| " + TextWidth.harmless($0), .faint) }
        let parts = details.flatMap { detail in
            ["\(indent)- \(TextWidth.harmless(detail.message))"] + detail.body(indent: indent + "    ", style)
        }
        return LabelledText.lines([("on", object), ("why", reason)], indent: indent, style) + proof + parts
            + LabelledText.lines([("next", next)], indent: indent, style)
    }

    /// `{"error": {"code", "message", "object", "cause", "next", "evidence", "details"}}`; the last two only where
    /// there are any.
    var json: JSONValue { ["error": body] }

    private var body: JSONValue {
        var members: [(String, JSONValue)] = [
            ("code", .string(code)), ("message", .string(message)), ("object", object.map(JSONValue.string) ?? .null),
            ("cause", reason.map(JSONValue.string) ?? .null), ("next", next.map(JSONValue.string) ?? .null),
        ]
        if !evidence.isEmpty { members.append(("evidence", .array(evidence.map(JSONValue.string)))) }
        if !details.isEmpty { members.append(("details", .array(details.map(\.body)))) }
        return .object(JSONObject(members))
    }
}
