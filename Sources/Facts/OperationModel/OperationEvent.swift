public import FleetModel

/// One thing that happened in an operation. The journal is the list of these, only ever appended to.
public enum OperationEvent: Hashable, Sendable, Codable {
    /// A worker took the operation up, for the first time or again.
    case started(Holder)
    /// The daemon goes on with it by itself, since its worker was lost; another one is started next.
    case resumed(Resumption.Cause)
    /// A step is about to have its effect. Without an outcome behind it the effect is uncertain and is probed.
    case intent(StepID)
    /// A step ended.
    case outcome(StepID, StepOutcome)
    /// Something worth keeping that changes no state.
    case note(StepID?, String)
    /// Something went wrong that the operation does not depend on: a hook after it.
    case warning(String)
    /// Somebody asked the worker for something.
    case requested(ControlRequest)
    /// The worker ended the operation, or its work on it.
    case ended(OperationEnding)
}

/// How a step ended.
public enum StepOutcome: Hashable, Sendable, Codable {
    /// It had its effect.
    case done(note: String?)
    /// It was already true.
    case unchanged(note: String?)
    /// It did not come to pass.
    case failed(StepFailure)
}

/// Why a step failed, in the parts that every error of gantry has.
public struct StepFailure: Error, Hashable, Sendable, Codable {
    /// A stable code: `port-in-use`.
    public var code: String
    /// What failed: "starting the container".
    public var what: String
    /// On which object: "broker 3 on 10.0.0.11".
    public var object: String
    /// Why, in a sentence.
    public var reason: String
    /// The next command or act.
    public var remedy: String
    /// Lines of evidence: a container's last log lines.
    public var evidence: [String]
    /// True when the host could not be reached, so that its row says `unreachable`.
    public var unreachable: Bool

    /// The code of a broker that was drained and has data again.
    public static let notEmpty = "broker-not-empty"

    /// A failure of these parts.
    public init(
        code: String, what: String, object: String, reason: String, remedy: String, evidence: [String] = [],
        unreachable: Bool = false
    ) {
        self.code = code
        self.what = what
        self.object = object
        self.reason = reason
        self.remedy = remedy
        self.evidence = evidence
        self.unreachable = unreachable
    }
}

/// What one may ask of a running operation.
public enum ControlRequest: Hashable, Sendable, Codable {
    /// Finish the steps under way, start no other, keep the operation resumable.
    case stop
    /// As `stop`, asked for by `gantry operation pause`: nothing that resumes by itself goes on with it.
    case pause
    /// As `stop`, then undo what is in flight and end.
    case abort
    /// Go on under another setting, from now on and for every later worker.
    case set(OperationSetting)

    /// Whether it asks for an end. A later request never takes an earlier one for more away: what is being given up is not
    /// only paused.
    public func outweighs(_ earlier: ControlRequest?) -> Bool {
        switch (self, earlier) {
        case (.set, _): false
        case (.abort, _), (_, nil): true
        case (.stop, .abort), (.pause, .abort): false
        case (.stop, _), (.pause, _): true
        }
    }
}

extension ControlRequest: CustomStringConvertible {
    /// In a few words: `pause`, `set throttle=20 MiB/s`.
    public var description: String {
        switch self {
        case .stop: "stop"
        case .pause: "pause"
        case .abort: "abort"
        case .set(.throttle(let rate)): "set throttle=\(rate.map(\.description) ?? "off")"
        }
    }
}

/// What can be set on an operation while it runs.
public enum OperationSetting: Hashable, Sendable, Codable {
    /// How fast data may move in and out of each broker; nil: no throttle.
    case throttle(BytesPerSecond?)
}

/// What was set on an operation since it was planned.
public struct OperationSettings: Hashable, Sendable {
    /// How fast data may move; nil outside: as it was planned, nil inside: no throttle.
    public var throttle: BytesPerSecond??

    /// Nothing was set.
    public init() {}

    mutating func take(_ setting: OperationSetting) {
        switch setting {
        case .throttle(let rate): throttle = .some(rate)
        }
    }
}

/// How a worker left an operation.
public enum OperationEnding: Hashable, Sendable, Codable {
    /// Every step ended well.
    case done
    /// Stopped half way, safe; resume goes on.
    case stopped(reason: String)
    /// Ended on purpose in the midst of its steps: they were cut off, and what they had in force is in force still; resume
    /// finds out what is true and goes on.
    case stoppedAtOnce(reason: String)
    /// Stopped half way by `gantry operation pause`: no throttle and no half move is left; resume goes on.
    case paused(reason: String)
    /// A step failed; what is safe is kept; resume goes on once the cause is mended.
    case failed(reason: String)
    /// Given up for good.
    case aborted(reason: String)
    /// Another operation was begun after its worker had died: nobody goes on with it, and nothing of it was taken back.
    case superseded(by: OperationID)
}

/// The process that holds an operation, so that it can be proved gone.
public struct Holder: Hashable, Sendable, Codable {
    /// The techhost's name.
    public var techhost: String
    /// The process id there.
    public var pid: Int32
    /// `/proc/sys/kernel/random/boot_id` of the boot it runs in.
    public var bootID: String
    /// Field 22 of `/proc/PID/stat`, clock ticks since boot: tells a reused pid (proc(5)).
    public var startTicks: UInt64
    /// The user's name, with the sudo user: `root (sudo: anna)`.
    public var user: String

    /// A holder of these parts.
    public init(techhost: String, pid: Int32, bootID: String, startTicks: UInt64, user: String) {
        self.techhost = techhost
        self.pid = pid
        self.bootID = bootID
        self.startTicks = startTicks
        self.user = user
    }
}

/// An event with its place in the journal.
public struct JournaledEvent: Hashable, Sendable, Codable {
    /// 1 for an operation's first event, without gaps.
    public var sequence: Int64
    /// When it was appended.
    public var at: Timestamp
    /// What happened.
    public var event: OperationEvent

    /// `event`, number `sequence` of its operation.
    public init(sequence: Int64, at: Timestamp, event: OperationEvent) {
        self.sequence = sequence
        self.at = at
        self.event = event
    }
}
