import EventLoop
import Glibc

/// The signals of a daemon: SIGTERM and SIGINT stop it, SIGHUP reloads, SIGPIPE and SIGXFSZ are
/// nothing.
///
/// Confined to the loop's thread, and in force until released. Libraries that install handlers of
/// their own must have done so before this is made.
public final class StopSignal {
    private var watchers: [SignalWatcher] = []

    /// `stop` is called for every signal to stop, with whether one came before: a second Ctrl-C may
    /// cut the drain short.
    ///
    /// `reload` is called for SIGHUP.
    public init(
        loop: EventLoop, stop: @escaping (_ again: Bool) -> Void, reload: @escaping () -> Void
    ) {
        // A write to a peer that has gone, or to a file that may not grow, is an error of that write,
        // not the end of the process.
        _ = signal(SIGPIPE, SIG_IGN)
        _ = signal(SIGXFSZ, SIG_IGN)
        let state = StopState()
        let stopOnce = {
            let again = state.wasAsked
            state.wasAsked = true
            stop(again)
        }
        watchers = [
            loop.onSignal(SIGTERM, stopOnce),
            loop.onSignal(SIGINT, stopOnce),
            loop.onSignal(SIGHUP, reload),
        ]
    }
}

private final class StopState {
    var wasAsked = false
}
