import FleetModel
import Testing

struct TimeOfDayTests {
    private func next(_ text: String, after milliseconds: Int64, utcOffset: Int = 0) throws -> Int64 {
        try #require(TimeOfDay(text)).next(after: Timestamp(milliseconds: milliseconds), utcOffset: utcOffset)
            .milliseconds
    }

    @Test func `the next time is today where it is still to come, else tomorrow`() throws {
        let hour: Int64 = 3_600_000
        #expect(try next("08:00", after: 7 * hour) == 8 * hour)
        #expect(try next("08:00", after: 8 * hour) == 32 * hour)
        #expect(try next("00:00", after: 0) == 24 * hour)
        // Ten in the evening of UTC is midnight two hours further east.
        #expect(try next("00:00", after: 21 * hour, utcOffset: 7200) == 22 * hour)
        #expect(try next("08:00", after: -5 * hour) == 8 * hour)
    }

    @Test func `it is written as hours and minutes, and as nothing else`() {
        #expect(TimeOfDay("8:05")?.description == "08:05")
        #expect(TimeOfDay("23:59")?.description == "23:59")
        for text in ["", "8", "8:5", "24:00", "08:60", "-1:00", "08:00:00", "8am", "٠٨:٠٠"] {
            #expect(TimeOfDay(text) == nil)
        }
    }
}
