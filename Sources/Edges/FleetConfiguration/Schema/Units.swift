import FleetModel

/// A number with its unit: `50MiB/s`, `10%`, `-3`.
struct Quantity {
    var number: Int64
    /// Digits after the point, as a fraction of 1000; nil without a point.
    var thousandths: Int64?
    var unit: String

    /// nil where the text does not begin with a decimal number of at most three digits after the point that fits.
    init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits) else { return nil }
        self.number = number
        var rest = text[digits.endIndex...]
        if rest.first == "." {
            let fraction = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            guard (1...3).contains(fraction.count), let value = Int64(fraction) else { return nil }
            thousandths = value * [1: 100, 2: 10, 3: 1][fraction.count, default: 1]
            rest = rest[fraction.endIndex...]
        }
        unit = String(rest.drop { $0 == " " })
    }

    /// The number times `factor`; nil beyond the range of Int64.
    func times(_ factor: Int64) -> Int64? {
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }
}

extension Scalar where Value == ByteCount {
    /// A memory size: Java's and Docker's `2g`, `512m`, or `2GiB`. A decimal `GB` is refused: Docker reads it as
    /// binary, everybody else as decimal.
    static let memory = Scalar("a size such as 2g or 512m") { text throws(WrongValue) in
        guard let quantity = Quantity(text) else { return nil }
        let factors: [String: Int64] = [
            "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
            "tib": 1 << 40,
        ]
        let unit = quantity.unit.lowercased()
        guard let factor = factors[unit] else {
            let near = ["kb": "k", "mb": "m", "gb": "g", "tb": "t", "gi": "g", "mi": "m"][unit]
            guard quantity.thousandths == nil, let near else {
                throw WrongValue(unit.isEmpty ? "'\(text)' has no unit: write a size such as 2g or 512m" : nil)
            }
            throw WrongValue(suggestion: "\(quantity.number)\(near)")
        }
        if let thousandths = quantity.thousandths {
            // Java takes whole numbers only; the exact one in the next smaller unit is what is meant.
            let megabytes = quantity.times(factor / (1 << 20)).map { $0 + thousandths * (factor >> 20) / 1000 }
            throw WrongValue(
                "'\(text)' is not a whole number",
                suggestion: megabytes.flatMap { factor > 1 << 20 && $0 > 0 ? "\($0)m" : nil })
        }
        guard let bytes = quantity.times(factor) else { throw WrongValue("'\(text)' is too large") }
        guard bytes >= 1 << 20 else { throw WrongValue("'\(text)' is less than 1m") }
        return ByteCount(bytes)
    }
}

extension Scalar where Value == BytesPerSecond {
    /// A rate in binary bytes a second.
    static let rate = Scalar("a rate such as 50MiB/s") { text throws(WrongValue) in
        guard let quantity = Quantity(text) else { return nil }
        let factors: [String: Int64] = [
            "B/s": 1, "KiB/s": 1 << 10, "MiB/s": 1 << 20, "GiB/s": 1 << 30,
        ]
        guard quantity.thousandths == nil, let factor = factors[quantity.unit] else {
            let prefix = quantity.unit.lowercased().first.map(String.init) ?? ""
            let near = ["k": "KiB/s", "m": "MiB/s", "g": "GiB/s", "": "MiB/s"][prefix]
            let bits = quantity.unit.lowercased().contains("bit")
            throw WrongValue(
                quantity.unit.isEmpty ? "'\(text)' has no unit: write a rate such as 50MiB/s" : nil,
                suggestion: bits || quantity.thousandths != nil ? nil : near.map { "\(quantity.number)\($0)" })
        }
        guard let rate = quantity.times(factor) else { throw WrongValue("'\(text)' is too large") }
        guard rate > 0 else { throw WrongValue("a rate of 0 would never move anything") }
        return BytesPerSecond(rate)
    }
}

extension Scalar where Value == PerMille {
    /// A share from 0% to 100%.
    static let percentage = Scalar("a share such as 10%") { text throws(WrongValue) in
        guard let quantity = Quantity(text) else { return nil }
        guard quantity.unit == "%" else {
            throw WrongValue(suggestion: quantity.unit.isEmpty && quantity.thousandths == nil ? "\(text)%" : nil)
        }
        let thousandths = quantity.thousandths ?? 0
        guard quantity.number < 100 || quantity.number == 100 && thousandths == 0 else {
            throw WrongValue("'\(text)' is more than 100%")
        }
        guard thousandths % 100 == 0 else { throw WrongValue("'\(text)' is finer than 0.1%") }
        return PerMille(quantity.number * 10 + thousandths / 100)
    }
}

extension Scalar where Value == Duration {
    /// A time within `range`.
    static func duration(_ range: ClosedRange<Duration>, _ words: String) -> Scalar {
        Scalar("a time such as 30s or 5m, \(words)") { text throws(WrongValue) in
            guard let quantity = Quantity(text) else { return nil }
            let factors: [String: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000]
            guard quantity.thousandths == nil, let factor = factors[quantity.unit] else {
                let first = quantity.unit.lowercased().first.map(String.init) ?? ""
                let near = ["s": "s", "m": "m", "h": "h"][first]
                throw WrongValue(
                    quantity.unit.isEmpty ? "'\(text)' has no unit: write a time such as 30s" : nil,
                    suggestion: quantity.unit.isEmpty ? "\(text)s" : near.map { "\(quantity.number)\($0)" })
            }
            guard let milliseconds = quantity.times(factor), range.contains(.milliseconds(milliseconds)) else {
                throw WrongValue("'\(text)' is not \(words)")
            }
            return .milliseconds(milliseconds)
        }
    }
}

extension Scalar where Value == Int {
    /// A whole number within `range`.
    static func count(_ range: ClosedRange<Int>) -> Scalar {
        Scalar("a whole number from \(range.lowerBound) to \(range.upperBound)") { text throws(WrongValue) in
            guard let number = Int(text), range.contains(number), text.first != "+" else { return nil }
            return number
        }
    }

    /// A number, or `auto` for `automatic`.
    static func count(_ range: ClosedRange<Int>, auto automatic: Int) -> Scalar {
        Scalar("a whole number from \(range.lowerBound) to \(range.upperBound), or auto") { text throws(WrongValue) in
            if text == "auto" { return automatic }
            guard let number = Int(text), range.contains(number), text.first != "+" else { return nil }
            return number
        }
    }
}

extension Scalar where Value == UInt16 {
    /// A TCP port.
    static let port = Scalar("a port from 1 to 65535") { text throws(WrongValue) in
        guard let number = UInt16(text), number > 0, text.first != "+" else { return nil }
        return number
    }
}

extension Scalar where Value == Bool {
    /// YAML 1.1's own words for it.
    static let flag = Scalar("true or false") { text throws(WrongValue) in
        switch text.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default: throw WrongValue(suggestion: Spelling.nearest(to: text, among: ["true", "false"]))
        }
    }
}
