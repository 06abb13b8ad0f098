import FleetModel
import FleetSimulator
import OperationModel
import Testing

@testable import Operations

/// `--between`: hours in which data may move, under virtual time.
struct HoursTests {
    @Test func `hours know when they are open, over midnight too, by the place's own clock`() throws {
        let night = try #require(DailyHours("22:00-06:00", utcOffset: 0))
        let midnight = Timestamp(milliseconds: 86_400_000)
        #expect(night.left(at: midnight) == .seconds(6 * 3600))
        #expect(night.left(at: midnight.advanced(by: .seconds(6 * 3600))) == nil)
        #expect(
            night.opens(after: midnight.advanced(by: .seconds(6 * 3600))) == midnight.advanced(by: .seconds(22 * 3600)))
        let ahead = try #require(DailyHours("22:00-06:00", utcOffset: 3600))
        #expect(ahead.left(at: midnight) == .seconds(5 * 3600))
        let two = try #require(DailyHours("00:00-01:00,12:30-13:00", utcOffset: 0))
        #expect(two.opens(after: midnight.advanced(by: .seconds(2 * 3600))) == midnight.advanced(by: .seconds(45_000)))
        #expect(two.description == "00:00-01:00,12:30-13:00")
    }

    @Test(arguments: [
        "", "22", "22:00", "22:00-", "22:00-22:00", "24:01-06:00", "22:60-06:00", "-1:00-06:00", "22:00-06:00,",
        "22:00-06:00-07:00", "２２:00-06:00",
    ])
    func `what is none is refused`(text: String) { #expect(DailyHours(text, utcOffset: 0) == nil) }

    @Test func `outside its hours nothing is under way and no throttle in force, and it goes on by itself`() throws {
        let scene = try SteeringScene()
        // The removal begins just before the hours end: some of it moves, the rest tomorrow.
        let now = scene.time.now()
        let minutes = now.milliseconds / 60_000 % 1440
        func text(_ minute: Int64) -> String {
            let minute = (minute + 1440) % 1440
            return "\(minute / 60):" + (minute % 60 < 10 ? "0" : "") + "\(minute % 60)"
        }
        let hours = try #require(DailyHours("\(text(minutes - 60))-\(text(minutes + 2))", utcOffset: 0))
        try scene.begin(throttle: 2 << 20, hours: hours)
        // Two hours later it rests; another worker sees that, and goes on from there.
        guard case .stopped = try scene.work(requests: [(.seconds(7200), .stop)]) else {
            Issue.record("it did not stop")
            return
        }
        try scene.expectNothingLeft()
        #expect(scene.time.now().since(now) < .seconds(7300))
        let lists = try scene.lists()
        #expect(lists.values.contains { $0.contains(6) }, "not all of it is done")
        #expect(try scene.notes().contains { $0.hasPrefix("outside \(hours): no data moves; it goes on at ") })
        #expect(try scene.work(pid: 2) == .done)
        #expect(scene.time.now().since(now) > .seconds(22 * 3600), "it went on the next day")
        #expect(try scene.notes().contains("it is within \(hours): data moves again"))
        try scene.expectRemoved()
    }
}
