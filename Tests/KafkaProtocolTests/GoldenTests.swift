import Foundation
import KafkaProtocol
import Testing

/// Messages against bytes that an independent implementation wrote; see Fixtures/make_golden.py.
@Suite struct GoldenTests {
    @Test(arguments: try Golden.all())
    func `golden bytes decode to the golden values and encode to the same bytes`(golden: Golden) throws {
        let type = try golden.type
        let message = try decodeWhole(type, golden.bytes, version: golden.version)
        if let values = try golden.values { try expect(message, toHold: values, path: golden.testDescription) }
        #expect(hex(try encodeWhole(message, version: golden.version)) == hex(golden.bytes))
    }

    @Test func `every generated message has golden bytes at its lowest and highest version`() throws {
        let golden = try Golden.all()
        for type in messageTypes {
            let versions = golden.filter { $0.message == type.name }.map(\.version)
            #expect(versions.min() == type.supportedVersions.lowerBound, "\(type.name)")
            #expect(versions.max() == type.supportedVersions.upperBound, "\(type.name)")
        }
        #expect(Set(golden.map(\.message)) == Set(messageTypes.map { $0.name }))
    }

    @Test(arguments: try Golden.all())
    func `every truncation of golden bytes is refused`(golden: Golden) throws {
        let type = try golden.type
        for length in 0..<golden.bytes.count {
            #expect(throws: WireError.self, "\(length) of \(golden.bytes.count) bytes") {
                try decodeWhole(type, Array(golden.bytes.prefix(length)), version: golden.version)
            }
        }
    }

    @Test(arguments: try Golden.all())
    func `a byte too many is refused`(golden: Golden) throws {
        let type = try golden.type
        #expect(throws: WireError(.trailingBytes(1), offset: golden.bytes.count)) {
            try decodeWhole(type, golden.bytes + [0], version: golden.version)
        }
    }

    @Test(arguments: try Golden.all())
    func `random damage is refused, or decodes to what encodes again`(golden: Golden) throws {
        let type = try golden.type
        // The seed is the golden bytes' own, so that a failure repeats.
        var random = SplitMix(state: UInt64(CRC32C.checksum(golden.bytes)))
        for _ in 0..<100 {
            var damaged = golden.bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) where !damaged.isEmpty {
                let place = Int.random(in: 0..<damaged.count, using: &random)
                damaged[place] =
                    [0, 1, 0x7f, 0x80, 0xff, UInt8.random(in: 0...255, using: &random)]
                    .randomElement(using: &random) ?? 0
            }
            guard let message = try? decodeWhole(type, damaged, version: golden.version) else { continue }
            let again = try encodeWhole(message, version: golden.version)
            #expect(try same(message, decodeWhole(type, again, version: golden.version)), "\(hex(damaged))")
        }
    }

    @Test func `no message decodes or encodes at a version that it does not have`() throws {
        for type in messageTypes {
            let versions = type.supportedVersions
            for version in [versions.lowerBound - 1, versions.upperBound + 1] {
                #expect(throws: WireError(.unsupportedVersion(version, supported: versions), subject: type.name)) {
                    try decodeWhole(type, [], version: version)
                }
            }
        }
    }
}

private func same<Message: KafkaMessage>(_ one: Message, _ other: any KafkaMessage) -> Bool { one == other as? Message }

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}

/// Compares every field that the fixture names with the property of that name.
private func expect(_ value: Any, toHold expected: [String: Any], path: String) throws {
    var properties: [String: Any] = [:]
    for child in Mirror(reflecting: value).children { properties[child.label?.lowercased() ?? ""] = child.value }
    for (name, expectation) in expected {
        let key = name.replacing("_", with: "")
        // The other implementation calls durations by their names without the unit.
        let property = try #require(properties[key] ?? properties[key + "ms"], "\(path).\(name) is missing")
        try expect(property, toBe: expectation, path: "\(path).\(name)")
    }
}

private func expect(_ value: Any, toBe expected: Any, path: String) throws {
    switch (unwrapped(value), expected) {
    case (nil, is NSNull): break
    case (let value as any BinaryInteger, let expected as NSNumber):
        #expect(Int64(value) == expected.int64Value, "\(path)")
    case (let value as Bool, let expected as NSNumber): #expect(value == expected.boolValue, "\(path)")
    case (let value as ErrorCode, let expected as NSNumber): #expect(value.rawValue == expected.int16Value, "\(path)")
    case (let value as APIKey, let expected as NSNumber): #expect(value.rawValue == expected.int16Value, "\(path)")
    case (let value as KafkaUUID, is NSNull): #expect(value == .zero, "\(path)")
    case (let value as KafkaUUID, let expected as String):
        let digits = [value.high, value.low].map { half in hex((0..<8).map { UInt8(half >> (56 - 8 * $0) & 255) }) }
        #expect(digits.joined() == expected, "\(path)")
    case (let value as String, let expected as String): #expect(value == expected, "\(path)")
    case (let value as [UInt8], let expected as String): #expect(hex(value) == expected, "\(path)")
    case (let values as [Any], let expected as [Any]):
        #expect(values.count == expected.count, "\(path)")
        for (index, pair) in zip(values, expected).enumerated() {
            try expect(pair.0, toBe: pair.1, path: "\(path)[\(index)]")
        }
    case (let value?, let expected as [String: Any]): try expect(value, toHold: expected, path: path)
    case (let value, _): Issue.record("\(path): \(String(describing: value)) where \(expected) was expected")
    }
}

private func unwrapped(_ value: Any) -> Any? {
    let mirror = Mirror(reflecting: value)
    guard mirror.displayStyle == .optional else { return value }
    return mirror.children.first?.value
}
