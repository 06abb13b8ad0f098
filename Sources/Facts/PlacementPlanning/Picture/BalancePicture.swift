import FleetModel

/// The balance before and after a plan, as a picture.
public enum BalancePicture {
    private static let row = 26
    private static let left = 70
    private static let width = 360
    private static let gap = 60
    private static let top = 56

    /// An SVG document: for each broker its bytes and its leaders, before (light) and after (dark), the band as a frame.
    ///
    /// Self-contained; colours are told apart without red and green.
    public static func svg(_ plan: MovePlan) -> String {
        let brokers = plan.report.brokers
        let height = top + brokers.count * row + 30
        let mostBytes =
            brokers.map { max($0.bytesBefore, $0.bytesAfter, $0.fair == nil ? .zero : $0.high).bytes }.max() ?? 0
        let mostLeaders = brokers.map { max($0.leadersBefore, $0.leadersAfter) }.max() ?? 0
        let total = left + 2 * width + gap + 90
        var svg = """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(total)" height="\(height)" \
            viewBox="0 0 \(total) \(height)" font-family="sans-serif" font-size="12">
            <title>\(escaped(plan.event.description))</title>
            <rect width="100%" height="100%" fill="#ffffff"/>
            <text x="10" y="20" font-size="15">\(escaped(plan.event.description)): \
            \(plan.report.bytes) to copy, at least \(plan.report.lowerBound) needed</text>
            <text x="\(left)" y="44">bytes before (light) and after (dark), band framed</text>
            <text x="\(left + width + gap)" y="44">leaders before and after</text>

            """
        for (index, broker) in brokers.enumerated() {
            let y = top + index * row
            svg += "<text x=\"\(left - 8)\" y=\"\(y + 14)\" text-anchor=\"end\">\(broker.id)</text>\n"
            svg += bar(left, y, scaled(broker.bytesBefore.bytes, mostBytes), "#b7cbe3")
            svg += bar(left, y + 10, scaled(broker.bytesAfter.bytes, mostBytes), "#1f5a9e")
            if broker.fair != nil {
                let (low, high) = (scaled(broker.low.bytes, mostBytes), scaled(broker.high.bytes, mostBytes))
                svg +=
                    "<rect x=\"\(left + low)\" y=\"\(y - 1)\" width=\"\(max(1, high - low))\" height=\"21\" fill=\"none\" "
                    + "stroke=\"#444444\" stroke-width=\"0.7\"/>\n"
            }
            svg += label(left + width + 4, y + 14, broker.bytesAfter.description)
            let second = left + width + gap
            svg += bar(second, y, scaled(Int64(broker.leadersBefore), Int64(mostLeaders)), "#f0d9a8")
            svg += bar(second, y + 10, scaled(Int64(broker.leadersAfter), Int64(mostLeaders)), "#b57a00")
            svg += label(second + width + 4, y + 14, String(broker.leadersAfter))
        }
        return svg + "</svg>\n"
    }

    private static func scaled(_ value: Int64, _ most: Int64) -> Int {
        most <= 0 ? 0 : Int(Int128(value) * Int128(width) / Int128(most))
    }

    private static func bar(_ x: Int, _ y: Int, _ width: Int, _ colour: String) -> String {
        "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(width)\" height=\"9\" fill=\"\(colour)\"/>\n"
    }

    private static func label(_ x: Int, _ y: Int, _ text: String) -> String {
        "<text x=\"\(x)\" y=\"\(y)\" fill=\"#444444\" font-size=\"10\">\(escaped(text))</text>\n"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            case "\u{0}"..<"\u{20}": result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
