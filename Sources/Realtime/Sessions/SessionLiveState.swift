/// What a late joiner has to know of a session beyond its transcript: a fold of its events.
///
/// Folded when an event is published, never earlier, so that a snapshot agrees with its offset.
/// Bounded by ``Limits``; over them it forgets the oldest and stays usable.
public struct SessionLiveState: Sendable, Equatable {
    /// What one session's live state may take in memory and in a snapshot.
    public struct Limits: Sendable, Equatable {
        /// Of all text in flight; a reader wants its end, so the tail is kept.
        public var maximumTextBytes: Int
        /// Text flows at once: the conversation and its sub-agents.
        public var maximumTexts: Int
        /// Tools at once.
        public var maximumTools: Int
        /// Of one tool's input; a longer one is shown as an empty object.
        public var maximumToolInputBytes: Int

        /// Sums up to about 200 KiB, so that a snapshot fits an outbound queue several times.
        public init(
            maximumTextBytes: Int = 64 << 10, maximumTexts: Int = 32, maximumTools: Int = 32,
            maximumToolInputBytes: Int = 4 << 10
        ) {
            precondition(maximumTextBytes > 0 && maximumTexts > 0 && maximumTools > 0)
            self.maximumTextBytes = maximumTextBytes
            self.maximumTexts = maximumTexts
            self.maximumTools = maximumTools
            self.maximumToolInputBytes = maximumToolInputBytes
        }
    }

    /// Text that was begun and not completed.
    public struct TextInFlight: Sendable, Equatable {
        /// Whose text.
        public let stream: TextStream
        /// Its end, within the limit.
        public fileprivate(set) var text: String
    }

    private let limits: Limits

    /// What the session would be doing if nobody had to be asked.
    public private(set) var phase: SessionStatus

    /// Every flow of text in flight, in the order in which they began.
    public private(set) var texts: [TextInFlight] = []

    /// Tools that run, in the order in which they started.
    public private(set) var runningTools: [RunningTool] = []

    /// Questions without an answer, in the order in which they were asked.
    public private(set) var pendingPermissions: [PermissionRequestID] = []

    /// The latest report of the agent.
    public private(set) var usage: TokenUsage?

    /// A session at rest, or as its record says.
    ///
    /// - Parameters:
    ///   - phase: the recorded one; waiting is never recorded but follows from open questions.
    ///   - events: its latest ones, to know again what was in flight; the record stays right.
    public init(
        phase: SessionStatus = .idle, usage: TokenUsage? = nil,
        replaying events: [SessionEvent] = [],
        limits: Limits = Limits()
    ) {
        self.limits = limits
        self.phase = phase
        for event in events { apply(event) }
        self.phase = phase
        self.usage = usage
    }

    /// A session with a question open is waiting, whatever else it does.
    public var status: SessionStatus { pendingPermissions.isEmpty ? phase : .waiting }

    /// The text in flight of the conversation itself; empty when there is none.
    public var textInFlight: String { texts.last { $0.stream.parent == nil }?.text ?? "" }

    /// Takes in the next event of the session.
    public mutating func apply(_ event: SessionEvent) {
        switch event {
        case .userMessage(let status): if status == .processing { phase = .running }
        case .textDelta(let stream, let delta): append(delta, to: stream)
        case .textComplete(let stream, let isIntermediate): finish(stream, isIntermediate)
        case .toolStart(let tool): start(tool)
        case .toolResult(let id): runningTools.removeAll { $0.toolUseID == id }
        case .permissionRequested(let id): if !pendingPermissions.contains(id) { ask(id) }
        case .permissionEnded(let id): pendingPermissions.removeAll { $0 == id }
        case .usage(let report): take(report)
        case .complete(let reason, let report): end(reason, report)
        case .interrupted: end(.interrupted, nil)
        case .error: end(.error, nil)
        }
    }

    private mutating func append(_ delta: String, to stream: TextStream) {
        phase = .running
        if let index = texts.firstIndex(where: { $0.stream == stream }) {
            texts[index].text += delta
        } else {
            texts.append(TextInFlight(stream: stream, text: delta))
            if texts.count > limits.maximumTexts { texts.removeFirst() }
        }
        shrinkTexts()
    }

    /// Cuts the oldest text first, at its beginning.
    private mutating func shrinkTexts() {
        var excess = texts.reduce(-limits.maximumTextBytes) { $0 + $1.text.utf8.count }
        for index in texts.indices where excess > 0 {
            let size = texts[index].text.utf8.count
            texts[index].text = texts[index].text.tail(ofBytes: max(0, size - excess))
            excess -= size - texts[index].text.utf8.count
        }
        texts.removeAll { $0.text.isEmpty }
    }

    /// A final text without a turn ends every turn's text of the same parent.
    private mutating func finish(_ stream: TextStream, _ isIntermediate: Bool) {
        if isIntermediate { phase = .running }
        texts.removeAll {
            $0.stream.parent == stream.parent
                && (stream.turn == nil || $0.stream.turn == nil || $0.stream.turn == stream.turn)
        }
    }

    private mutating func start(_ tool: RunningTool) {
        phase = .running
        var tool = tool
        if tool.toolInput.utf8.count > limits.maximumToolInputBytes { tool.toolInput = "{}" }
        runningTools.removeAll { $0.toolUseID == tool.toolUseID }
        runningTools.append(tool)
        if runningTools.count > limits.maximumTools { runningTools.removeFirst() }
    }

    /// Not bounded here: the hub refuses questions over its own limit a session.
    private mutating func ask(_ id: PermissionRequestID) {
        pendingPermissions.append(id)
    }

    private mutating func take(_ report: TokenUsage) {
        usage = usage?.updated(by: report) ?? report
    }

    /// The record is in the transcript now and nothing is in flight; questions end on their own.
    private mutating func end(_ reason: CompletionReason, _ report: TokenUsage?) {
        texts = []
        runningTools = []
        if let report { take(report) }
        phase =
            switch reason {
            case .complete: .idle
            case .interrupted: .interrupted
            case .error: .failed
            }
    }
}

extension String {
    /// The end of a string within so many bytes of UTF-8, begun at a character.
    func tail(ofBytes maximum: Int) -> String {
        guard utf8.count > maximum else { return self }
        var start = utf8.index(utf8.endIndex, offsetBy: -maximum)
        while start < endIndex, start.samePosition(in: unicodeScalars) == nil {
            start = utf8.index(after: start)
        }
        return String(self[start...])
    }
}
