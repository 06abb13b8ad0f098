public import FleetModel

/// Whether a daemon goes on with an operation that nobody carries out: a pure decision over what the journal tells.
///
/// A worker writes down how it leaves an operation, a stop on purpose too. Where nothing is written it died: it was killed, had
/// no memory, met a defect of ours, or its techhost went down. That alone is gone on with; what somebody ended, or wanted to
/// end, never is.
public enum Resumption {
    /// So often a daemon goes on before another step has ended: what ends every worker in the same place ends the next one too.
    public static let limit = 3

    /// Why nobody carries an operation out.
    public enum Cause: String, Hashable, Sendable, Codable {
        /// Its process ended and said nothing.
        case workerDied = "worker-died"
        /// The techhost ended, and the process with it.
        case techhostDown = "techhost-down"

        /// In a few words.
        public var words: String {
            switch self {
            case .workerDied: "its worker died"
            case .techhostDown: "the techhost went down"
            }
        }
    }

    /// A worker that was lost.
    public struct Loss: Hashable, Sendable {
        /// Why.
        public var cause: Cause
        /// Its process.
        public var worker: Int32
        /// When it was heard of last; nil: never.
        public var lastHeard: Timestamp?

        /// The loss of process `worker`.
        public init(cause: Cause, worker: Int32, lastHeard: Timestamp?) {
            (self.cause, self.worker, self.lastHeard) = (cause, worker, lastHeard)
        }

        /// What happened, and when, in a sentence without its full stop.
        public var words: String {
            let heard = lastHeard.map { "last heard of at \($0)" } ?? "never heard of"
            switch cause {
            case .workerDied: return "its worker (process \(worker)) died, \(heard)"
            case .techhostDown: return "the techhost went down while its worker was at work, \(heard)"
            }
        }
    }

    /// How far a daemon may go.
    public enum Mode: Hashable, Sendable {
        /// It goes on by itself.
        case auto
        /// It asks: `move.resume` says so.
        case ask
        /// It only watches: it was started to do no more.
        case watch
    }

    /// What the journal does not tell.
    public struct Circumstances: Hashable, Sendable {
        /// Whether a process that has the operation, or the cluster's lease, lives or may live.
        public var isAtWork: Bool
        /// Whether the techhost has gone down since the last worker began.
        public var techhostWentDown: Bool
        /// When the lease was last renewed, where it is still the operation's.
        public var heartbeat: Timestamp?
        /// How far the daemon may go.
        public var mode: Mode

        /// These circumstances.
        public init(isAtWork: Bool, techhostWentDown: Bool, heartbeat: Timestamp? = nil, mode: Mode) {
            (self.isAtWork, self.techhostWentDown) = (isAtWork, techhostWentDown)
            (self.heartbeat, self.mode) = (heartbeat, mode)
        }
    }

    /// Why an operation whose worker was lost is left as it is.
    public enum Reason: Hashable, Sendable {
        /// Its end had been asked for.
        case asked(ControlRequest)
        /// Going on is somebody's to decide.
        case mode(Mode)
        /// So many workers died one behind the other without another step done.
        case again(Int)
    }

    /// What to do.
    public enum Decision: Hashable, Sendable {
        /// Nothing: somebody is at work on it, or it was left on purpose, or has never begun.
        case nothing
        /// Go on with it.
        case resume(Loss)
        /// Leave it, and say so.
        case leave(Loss, Reason)
    }

    /// Decides about the operation of a cluster that was begun last.
    public static func decide(_ progress: OperationProgress, _ now: Circumstances) -> Decision {
        guard !now.isAtWork, let holder = progress.holder else { return .nothing }
        switch progress.ending {
        case nil: break
        // What ends all processes of a machine that is shut down lets them write first; nobody had asked for it.
        case .stoppedAtOnce where progress.request == nil && now.techhostWentDown: break
        default: return .nothing
        }
        let loss = Loss(
            cause: now.techhostWentDown ? .techhostDown : .workerDied, worker: holder.pid,
            lastHeard: [progress.work.latest, progress.endedAt, now.heartbeat].compactMap(\.self).max())
        if let request = progress.request { return .leave(loss, .asked(request)) }
        guard now.mode == .auto else { return .leave(loss, .mode(now.mode)) }
        if loss.cause == .workerDied, progress.resumptions >= limit {
            return .leave(loss, .again(progress.resumptions))
        }
        return .resume(loss)
    }
}
