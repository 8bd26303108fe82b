import EventLoop

extension EventLoop {
    /// Runs until the condition holds, which is looked at after each iteration.
    ///
    /// - Returns: false where it does not hold within the limit.
    @discardableResult
    public func run(
        within limit: Duration = .seconds(60), until condition: @escaping () -> Bool
    ) -> Bool {
        if condition() { return true }
        let check = atEndOfIteration { [unowned self] in if condition() { stop() } }
        let deadline = schedule(after: limit) { [unowned self] in stop() }
        run()
        check.cancel()
        deadline.cancel()
        return condition()
    }
}
