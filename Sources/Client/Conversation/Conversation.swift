import JSON
import Protocol

/// Follows one message through its session: what to show of the answer, what to ask, when to end.
///
/// Pure: takes in what the session's channel says and what the person does, and answers with
/// actions, to be performed in order. Told each publication of the channel once and in order, it
/// shows each piece of text once. Of other runs in the session it shows nothing but their
/// questions, since the message waits for them.
package struct Conversation: Sendable {
    package enum Action: Equatable, Sendable {
        /// The message is to be sent.
        case post
        /// Text of the answer, as it is.
        case text(String)
        /// The text so far is complete: what follows begins on a line of its own.
        case endParagraph
        /// A line about what happens.
        case note(String)
        /// A line about what failed.
        case warning(String)
        /// A question to put to the person, who types one line.
        case ask(Question)
        /// The question that was put has ended otherwise.
        case withdrawQuestion
        case answer(PermissionRequest, allowed: Bool, alwaysAllow: Bool)
        /// The message waits and is not wanted any more.
        case takeBack(messageID: String)
        /// The run is to be stopped.
        case abort
        /// Publications are missing: the session's messages are to be read (``reread(_:)``).
        case reread
        case end(Ending)
        /// Ends unless something more comes soon: a last event is due, but need not come.
        case endSoon(Ending)
    }

    /// How it ends; the raw value is the command's exit status.
    package enum Ending: Int32, Sendable {
        case complete = 0
        case failed = 1
        case stopped = 130
    }

    /// A permission request by its id.
    package typealias PermissionRequest = String

    /// Whose run the session's events tell of.
    enum Turn { case nobodys, another, own }

    /// Text that is being written.
    struct Flow {
        var turn: String?
        /// Some of it was missed: it is shown when it is complete.
        var isTorn: Bool
        var shown: String
    }

    /// Marks the message as ours, also when it is sent again.
    let clientMessageID: String
    /// Whether a person is there to be asked.
    var canAsk: Bool

    var hasJoined = false
    /// Of the message, once it has been published.
    var messageID: String?
    var turn = Turn.nobodys
    var isStopping = false
    var hasEnded = false
    var flow: Flow?
    /// Publications were missed: from then on nothing counts as new that was shown before.
    var hasGap = false
    /// Texts and tools that were shown.
    var shownTexts: Set<Int> = []
    /// Turns with a text among them.
    var shownTurns: Set<String> = []
    var shownTools: Set<String> = []
    var shownResults: Set<String> = []
    var questions = QuestionQueue()
    /// What is published while the session is read again.
    var held: [JSONValue]?
    /// Whether a text had begun where it was joined after a gap.
    var isTextUnderWay = false
    /// The session's status where it was joined.
    var statusWhenJoined: String?
    var actions: [Action] = []

    package init(clientMessageID: String, canAsk: Bool) {
        self.clientMessageID = clientMessageID
        self.canAsk = canAsk
    }

    /// The channel is joined, for the first time or after a lost connection.
    package mutating func joined(isGap: Bool, snapshot: JSONValue?) -> [Action] {
        defer { actions = [] }
        let isFirst = !hasJoined
        hasJoined = true
        if isFirst || isGap { takeIn(snapshot) }
        if isFirst {
            act(.post)
            return actions
        }
        act(.note("connected again"))
        guard isGap, messageID != nil else { return actions }
        tear()
        isTextUnderWay = snapshot?["textInFlight"]?.stringValue?.isEmpty == false
        held = []
        act(.reread)
        return actions
    }

    /// The connection is lost and is being made again.
    package mutating func disconnected(_ reason: String) -> [Action] {
        [.note("\(reason); connecting again")]
    }

    /// The next publication of the channel.
    package mutating func published(_ event: JSONValue) -> [Action] {
        defer { actions = [] }
        if held != nil {
            held?.append(event)
        } else {
            take(event)
        }
        return actions
    }

    /// The message was sent long enough ago for an agent to have begun.
    package mutating func waitedLong() -> [Action] {
        guard messageID != nil, turn == .nobodys, !isStopping, !hasEnded else { return [] }
        return [
            .note(
                "no agent has begun to answer; the message waits for one "
                    + "(does an agent worker run? see `switchboard doctor`)")
        ]
    }

    /// Ctrl-C, the first time.
    package mutating func interrupted() -> [Action] {
        defer { actions = [] }
        guard !isStopping else { return [] }
        isStopping = true
        if !hasJoined {
            end(.stopped)
        } else if messageID != nil {
            stop()
        }
        return actions
    }

    /// The message could not be sent.
    package mutating func postFailed(_ reason: String) -> [Action] {
        defer { actions = [] }
        act(.warning(reason))
        end(.failed)
        return actions
    }

    /// What came of taking the message back or stopping its run.
    package mutating func stopped(_ outcome: StopOutcome) -> [Action] {
        defer { actions = [] }
        switch outcome {
        case .done: if turn != .own { end(.stopped) }
        case .tooLate: act(.abort)
        case .nothingRuns: end(.stopped)
        case .failed(let reason):
            act(.warning("\(reason). The run may go on"))
            end(.stopped)
        }
        return actions
    }

    package enum StopOutcome: Equatable, Sendable {
        case done
        /// The message is being answered already.
        case tooLate
        case nothingRuns
        case failed(String)
    }

    mutating func act(_ action: Action) { if !hasEnded { actions.append(action) } }

    mutating func end(_ ending: Ending) {
        endParagraph()
        act(.end(isStopping ? .stopped : ending))
        hasEnded = true
    }

    mutating func endParagraph() {
        if let flow, !flow.shown.isEmpty { act(.endParagraph) }
        flow = nil
    }

    mutating func stop() {
        guard let messageID, isStopping else { return }
        act(.note("stopping; Ctrl-C again does not wait for it"))
        act(turn == .own ? .abort : .takeBack(messageID: messageID))
    }

    /// What was going on in the session when it was joined.
    private mutating func takeIn(_ snapshot: JSONValue?) {
        let status = snapshot?["status"]?.stringValue
        statusWhenJoined = status
        if messageID == nil {
            turn = status == "running" || status == "waiting" ? .another : .nobodys
        }
        let pending = (snapshot?["pendingPermissions"]?.arrayValue ?? []).compactMap(Question.init)
        for known in questions.all where !pending.contains(known) { ended(known.requestID, nil) }
        for question in pending { asked(question) }
    }
}
