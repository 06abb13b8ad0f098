/// Something that happened to an object of Docker's (`GET /events`).
public struct DockerEvent: Sendable, Hashable {
    /// Kinds of objects, with any later one kept by its name.
    public struct ObjectType: RawRepresentable, Sendable, Hashable {
        /// Docker's word.
        public let rawValue: String
        /// Docker's word for a kind.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// A container.
        public static let container = ObjectType(rawValue: "container")
        /// An image.
        public static let image = ObjectType(rawValue: "image")
        /// A network.
        public static let network = ObjectType(rawValue: "network")
        /// A volume.
        public static let volume = ObjectType(rawValue: "volume")
        /// The daemon itself.
        public static let daemon = ObjectType(rawValue: "daemon")
    }

    /// What happened, with any later word kept. A few words carry something after a colon: see `detail`.
    public struct Action: RawRepresentable, Sendable, Hashable {
        /// Docker's word, without what stands after a colon.
        public let rawValue: String
        /// Docker's word.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// It was made.
        public static let create = Action(rawValue: "create")
        /// Its process was started.
        public static let start = Action(rawValue: "start")
        /// Its process ended; `exitCode` says how.
        public static let die = Action(rawValue: "die")
        /// A stop on purpose is over.
        public static let stop = Action(rawValue: "stop")
        /// A signal was sent to it.
        public static let kill = Action(rawValue: "kill")
        /// A restart on purpose is over.
        public static let restart = Action(rawValue: "restart")
        /// The kernel killed a process of its for want of memory.
        public static let oom = Action(rawValue: "oom")
        /// It was frozen.
        public static let pause = Action(rawValue: "pause")
        /// It was thawed.
        public static let unpause = Action(rawValue: "unpause")
        /// It is gone.
        public static let destroy = Action(rawValue: "destroy")
        /// It has another name.
        public static let rename = Action(rawValue: "rename")
        /// Its health check says something new; `detail` says what.
        public static let healthStatus = Action(rawValue: "health_status")
        /// A command in it was prepared, one of three events of every health check.
        public static let execCreate = Action(rawValue: "exec_create")
        /// A command in it was started.
        public static let execStart = Action(rawValue: "exec_start")
        /// A command in it ended.
        public static let execDie = Action(rawValue: "exec_die")
    }

    /// What kind of object.
    public let type: ObjectType
    /// What happened.
    public let action: Action
    /// What stands after the colon of `health_status: healthy` or `exec_start: sh -c …`; empty otherwise.
    public let detail: String
    /// The object's id or, for an image, its reference.
    public let actorID: String
    /// What Docker says of it; of a container its labels, `name` and `image` among them.
    public let attributes: [String: String]
    /// When, by the clock of Docker's host.
    public let time: DockerTime

    /// The container, where it is one.
    public var container: ContainerID? { type == .container ? ContainerID(rawValue: actorID) : nil }
    /// The object's name, where it has one.
    public var name: String? { attributes["name"] }
    /// Of `die`: how the process ended.
    public var exitCode: Int32? { attributes["exitCode"].flatMap { Int32($0) } }

    init(_ answer: DockerAnswer) throws(AnswerMistake) {
        let actor = try answer.object("Actor")
        type = ObjectType(rawValue: try answer.required("Type"))
        let words = try answer.required("Action").split(separator: ":", maxSplits: 1)
        action = Action(rawValue: words.first.map(String.init) ?? "")
        detail = words.count > 1 ? String(words[1].drop { $0 == " " }) : ""
        actorID = try actor.string("ID")
        attributes = try actor.dictionary("Attributes")
        if let nanoseconds = try answer.optionalInteger("timeNano") {
            time = DockerTime(nanoseconds: nanoseconds)
        } else if let seconds = try answer.optionalInteger("time") {
            time = DockerTime(seconds: seconds)
        } else {
            throw AnswerMistake(message: "timeNano is missing")
        }
    }
}

/// What a subscription brings.
public enum DockerEventItem: Sendable, Hashable {
    /// An event.
    case event(DockerEvent)
    /// Something that could not be read; what it was is unknown, so list and compare.
    case garbled(GarbledLine)
}
