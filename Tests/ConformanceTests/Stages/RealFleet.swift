import RealHosts
import Testing

extension Trait where Self == ConditionTrait {
    /// On real hosts only. Without them the test is skipped with the reason, or fails where they are demanded.
    static var realFleet: Self {
        .enabled(if: RealFleet.absence == nil || RealFleet.isRequired, Comment(rawValue: RealFleet.absence ?? ""))
    }
}
