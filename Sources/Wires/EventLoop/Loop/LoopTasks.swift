/// An event loop's thread as a `TaskExecutor`.
///
/// Not the loop itself: a job that is run as both an actor's and a task's makes the runtime queue every later call
/// between actors of the loop anew, where it otherwise just goes on.
public final class LoopTasks: TaskExecutor {
    private let loop: EventLoop

    init(loop: EventLoop) { self.loop = loop }

    /// Queues a job of a task; called by Swift's runtime.
    public func enqueue(_ job: consuming ExecutorJob) {
        loop.add(.task(UnownedJob(job), asUnownedTaskExecutor()))
    }
}
