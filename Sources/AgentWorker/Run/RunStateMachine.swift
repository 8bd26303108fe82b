import ClaudeAPI
import JSON
import Protocol
import Realtime
import Tools

/// One run: a person's message, the model's answers, their tools, and exactly one end.
///
/// Pure. Its shell feeds it with events in the order in which they happen and performs the actions
/// it answers, in order. Whatever happens, the conversation stays one that the API takes
/// (``Conversation``), people see one `complete`, and after ``RunAction/finish(_:)`` nothing is said.
package struct RunStateMachine: Sendable {
    enum Phase: Equatable, Sendable {
        case readingTranscript
        /// The next answer is to be asked for; stays so while the link is lost.
        case readyToAsk
        case answering(Answer)
        case usingTools(ToolTurn)
        case compacting(Compaction)
        /// Waiting for cancelled tools to be gone.
        case stopping(ToolTurn, Ending)
        case ended
    }

    /// An answer that is being streamed.
    struct Answer: Equatable, Sendable {
        let turn: TurnID
        var usage = Usage()
    }

    let generation: Int64
    let limits: RunLimits
    var phase = Phase.readingTranscript
    /// What people have seen of the text of the answer that is being streamed.
    var preview = ""
    var conversation = Conversation()
    var policy: ModePolicy
    var modeVersion: Int64
    var isLinkUp = true
    var totals = RunTotals()
    var compactions = 0
    var repairs = 0
    var questions = 0
    var log = LogThrottle()
    /// What the event in hand has led to so far.
    var actions: [RunAction] = []
    /// The moment of the event in hand.
    var now: Duration = .zero

    package init(_ assignment: RunAssignment, limits: RunLimits = RunLimits()) {
        generation = assignment.lease.generation
        self.limits = limits
        policy = ModePolicy(mode: assignment.mode, rules: assignment.rules)
        modeVersion = assignment.modeVersion
    }

    package var isOver: Bool { phase == .ended }

    /// How much an agent may do now, for the next request's instructions.
    package var mode: SessionMode { policy.mode }

    /// Takes an event at a monotonic moment.
    package mutating func receive(_ event: RunEvent, at now: Duration) -> [RunAction] {
        guard !isOver else { return [] }
        self.now = now
        actions = []
        dispatch(event)
        defer { actions = [] }
        return actions
    }

    private mutating func dispatch(_ event: RunEvent) {
        switch event {
        case .assigned:
            act(.tell(.status(.running)), .readTranscript)
        case .transcriptRead(let entries): begin(entries)
        case .failed(let failure): stop(.failure(failure))
        case .model(let event): receive(event)
        case .prepared(let id, let call): prepared(id, call)
        case .unprepared(let id, let reason): refused(id, reason)
        case .toolOutput(let id, let text): toolWrote(id, text)
        case .toolFinished(let id, let outcome): toolFinished(id, outcome)
        case .permissionEnded(let id, let verdict): permissionEnded(id, verdict)
        case .modeChanged(let mode, let version):
            guard version > modeVersion else { return }
            modeVersion = version
            policy.mode = mode
        case .rulesChanged(let rules): policy.rules = rules
        case .abort(let reason): stop(.interruption(reason))
        case .linkLost: isLinkUp = false
        case .linkRestored:
            isLinkUp = true
            proceed()
        case .leaseLost: abandon()
        case .deadline: stopTimeIsOver()
        }
    }

    private mutating func begin(_ entries: [TranscriptEntry]) {
        guard phase == .readingTranscript else { return }
        conversation = Conversation(entries)
        guard conversation.messages.last?.role == .user else {
            return stop(
                .failure(RunFailure(.transcript, "The conversation holds no message to answer.")))
        }
        phase = .readyToAsk
        proceed()
    }

    /// Goes on with whatever waits only for its turn.
    mutating func proceed() {
        guard isLinkUp else { return }
        switch phase {
        case .readyToAsk: askNext()
        case .usingTools:
            judgeReady()
            startCalls()
        default: break
        }
    }

    private mutating func askNext() {
        guard totals.steps < limits.maximumSteps else {
            return stop(.failure(.stepLimit(totals.steps)))
        }
        if totals.contextTokens(with: conversation) > limits.compactionTokens,
            compactions < RunLimits.maximumCompactions, compact()
        {
            return
        }
        totals.steps += 1
        phase = .answering(Answer(turn: turnID()))
        preview = ""
        act(.askModel(ModelQuestion(.answer, conversation.messages)))
    }

    /// One name for the texts and tools of one answer, unique in the session.
    private func turnID() -> TurnID {
        TurnID(stringLiteral: "turn-\(generation)-\(totals.steps)")
    }

    mutating func act(_ new: RunAction...) { actions += new }
}

/// What a run has used so far.
struct RunTotals: Equatable, Sendable {
    var steps = 0
    var toolCalls = 0
    private(set) var usage = Usage()
    /// Of the last answer: what the next request's context begins with.
    private(set) var contextTokens = 0
    /// Of the conversation by estimate, as far as that answer's count covers it.
    private var countedTokens = 0

    mutating func add(_ answer: Usage) { usage.add(answer) }

    /// The conversation, its newest answer included, is as long as that answer's usage says.
    ///
    /// Many gateways count nothing or a part, and some make numbers up: what is far below the
    /// estimate, or beyond every context, is not believed, and the estimate stands instead.
    mutating func count(_ answer: Usage, _ conversation: Conversation, contextWindow: Int) {
        let estimate = conversation.estimatedTokens
        let isBelieved = (estimate / 4...max(estimate, 2 * contextWindow))
            .contains(answer.contextTokens)
        contextTokens = isBelieved ? answer.contextTokens : estimate
        countedTokens = estimate
    }

    mutating func forgetContext() { (contextTokens, countedTokens) = (0, 0) }

    /// What is known of the context's length, and an estimate of what came since.
    func contextTokens(with conversation: Conversation) -> Int {
        contextTokens + max(0, conversation.estimatedTokens - countedTokens)
    }

    func report(contextWindow: Int) -> TokenUsage {
        TokenUsage(
            inputTokens: Int64(usage.inputTokens), outputTokens: Int64(usage.outputTokens),
            cacheReadTokens: Int64(usage.cacheReadTokens),
            cacheCreationTokens: Int64(usage.cacheCreationTokens),
            // Not known before the first answer, and after a compaction.
            contextTokens: contextTokens == 0 ? nil : Int64(contextTokens),
            contextWindow: Int64(contextWindow))
    }
}
