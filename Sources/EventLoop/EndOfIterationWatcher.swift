extension EventLoop {
    /// Calls `body` in every iteration when everything ready has been read and handled and the loop
    /// is about to sleep: the place to commit and to flush (libev's `ev_prepare`).
    ///
    /// Watchers run in the order of their registration. The first call of ``run()`` makes one
    /// before anything was read.
    public func atEndOfIteration(_ body: @escaping () -> Void) -> EndOfIterationWatcher {
        let watcher = EndOfIterationWatcher(self, body)
        endOfIterationWatchers.append(.init(watcher: watcher))
        return watcher
    }
}

/// A call at the end of each iteration; see ``EventLoop/atEndOfIteration(_:)``.
public final class EndOfIterationWatcher {
    /// An entry of the loop's ordered list; does not keep the watcher alive.
    struct Registration {
        weak var watcher: EndOfIterationWatcher?
    }

    private let loop: EventLoop
    private var body: (() -> Void)?

    fileprivate init(_ loop: EventLoop, _ body: @escaping () -> Void) {
        self.loop = loop
        self.body = body
    }

    deinit { cancel() }

    /// Ends the calls for good and releases the callback.
    public func cancel() {
        guard body != nil else { return }
        body = nil
        loop.endOfIterationWatchers.removeAll { $0.watcher == nil || $0.watcher === self }
    }

    func fire() {
        body?()
    }
}
