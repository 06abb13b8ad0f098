import Testing

@testable import FleetSimulator

struct PackedNumbersTests {
    @Test func `numbers of all sizes come back as they were`() throws {
        let numbers: [Int64] = [0, 1, -1, 63, 64, -64, -65, 8191, 8192, .max, .min, 1 << 40]
        for count in 0...numbers.count {
            var packed = PackedNumbers()
            for number in numbers.prefix(count) { packed.put(number) }
            packed.put([Int32.max, .min, 0])
            var reader = try PackedReader(packed.text)
            for number in numbers.prefix(count) { #expect(try reader.next() == number) }
            #expect(try reader.list() == [.max, .min, 0])
            #expect(reader.isAtEnd)
        }
    }

    @Test(arguments: ["=", "ä", "A B", "////////////////////////////////"])
    func `what is none, or too long for a number, is refused`(text: String) {
        #expect(throws: PackedReader.Damage.self) {
            var reader = try PackedReader(text)
            while !reader.isAtEnd { _ = try reader.next() }
        }
    }

    @Test func `a count of more than there can be is refused before room is made for it`() throws {
        var packed = PackedNumbers()
        packed.put(Int64.max)
        var reader = try PackedReader(packed.text)
        #expect(throws: PackedReader.Damage.self) { try reader.list() }
    }
}
