import EventLoop

/// A call that is running; confined to the loop's thread.
public final class ToolRun {
    private var completion: ((ToolOutcome) -> Void)?
    /// Ends what is going on; nil where that ends by itself, soon.
    var stop: (() -> Void)?
    /// What ends the call if nothing else does.
    var timer: Timer?

    init(_ completion: @escaping (ToolOutcome) -> Void) { self.completion = completion }

    /// Ends the call and everything that it started.
    ///
    /// The completion still comes, within seconds. A file that is being written is written
    /// completely or not at all.
    public func cancel() { stop?() }

    /// Whether it has been answered.
    var isOver: Bool { completion == nil }

    /// Only the first end counts.
    func end(_ outcome: ToolOutcome) {
        let completion = completion
        self.completion = nil
        stop = nil
        timer = nil
        completion?(outcome)
    }
}

/// Why a call is not even judged, in words for the model.
public struct ToolRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }

    static let busy = ToolRefusal("Too many calls wait for files already. Try again.")

    /// As the call's result.
    public var outcome: ToolOutcome { .failure(self) }
}
