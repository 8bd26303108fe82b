import ClaudeAPI
import Protocol
import Realtime

// What the model says.
extension RunStateMachine {
    mutating func receive(_ event: ClaudeEvent) {
        switch phase {
        case .answering(let answer): receive(event, answer)
        case .compacting: receiveSummary(event)
        default: break
        }
    }

    private mutating func receive(_ event: ClaudeEvent, _ answer: Answer) {
        switch event {
        case .started(_, _, let usage), .usage(let usage):
            phase = .answering(Answer(turn: answer.turn, usage: usage))
        case .text(let text, _): preview(text, answer)
        case .retrying(let retry): retrying(retry, answer)
        case .completed(let message): completed(message, answer)
        case .failed(let error): failed(error)
        // A tool's input is shown when it is whole, and thinking is no text of the answer.
        case .thinking, .toolStarted, .toolInput, .blockEnded: break
        }
    }

    /// At once: the hub batches, and nobody waits here.
    private mutating func preview(_ text: String, _ answer: Answer) {
        preview += text
        var rest = text[...]
        while !rest.isEmpty {
            let piece = String(rest).fitting(jsonBytes: SessionNotice.maximumDeltaBytes).text
            act(.publish(.textDelta(String(piece), answer.turn)))
            rest = rest.dropFirst(piece.count)
        }
    }

    /// The final text replaces the preview; until it comes, people should see why it begins again.
    private mutating func retrying(_ retry: Retry, _ answer: Answer) {
        let line =
            "The request to the model failed and is tried again in \(retry.delay): \(retry.reason)"
        tellLog(line, level: "warning")
        guard retry.discardsPreview, !preview.isEmpty else { return }
        preview = ""
        act(.publish(.textDelta("\n\n[The answer was cut off; it begins again.]\n\n", answer.turn)))
    }

    private mutating func failed(_ error: ClaudeError) {
        guard error.isContextOverflow else { return stop(.failure(RunFailure(error))) }
        overflowed()
    }

    private mutating func completed(_ message: AssistantMessage, _ answer: Answer) {
        totals.add(message.usage)
        guard Self.hasUsableNames(message.toolUses) else {
            return stop(
                .failure(
                    RunFailure(.modelProtocol, "The model named a tool use in no usable way.")))
        }
        if message.stopReason == .refusal { return leaveOutTurn() }
        // Half an answer is no record: it is given again once there is room for it.
        if message.stopReason == .contextWindowExceeded, message.toolUses.isEmpty {
            return overflowed()
        }
        keep(message, answer.turn)
        switch message.stopReason {
        case .maximumTokens: cutOff(message, answer.turn)
        case .pauseTurn: goOn()
        default: message.toolUses.isEmpty ? stop(.completion) : use(message.toolUses, answer.turn)
        }
    }

    /// The record of an answer: what people keep, and what the model is shown again.
    private mutating func keep(_ message: AssistantMessage, _ turn: TurnID) {
        let text = message.text
        let goesOn = !message.toolUses.isEmpty || message.stopReason == .pauseTurn
        if text.contains(where: { !$0.isWhitespace }) {
            act(.publish(.textComplete(text, turn, isIntermediate: goesOn)))
        }
        if !message.replayableContent.isEmpty {
            let kept = RequestMessage(.assistant, message.replayableContent)
            conversation.append(kept)
            act(.record(TranscriptEntry(kept)))
        }
        totals.count(message.usage, conversation)
        act(.publish(.usage(totals.report(contextWindow: limits.contextWindow))))
    }

    /// Its last tool use is not runnable and was left out; those before it are answered, not run.
    private mutating func cutOff(_ message: AssistantMessage, _ turn: TurnID) {
        var tools = ToolTurn(message.toolUses, turn: turn)
        tools.skipRest("Not run: the answer was cut off by the limit of tokens.")
        keepResults(of: tools)
        stop(.failure(.outputLimit))
    }

    private mutating func goOn() {
        phase = .readyToAsk
        proceed()
    }

    /// After a refusal the turn is not kept, or every later request would be refused as well.
    ///
    /// The kept entries are written again behind one that replaces what was before.
    private mutating func leaveOutTurn() {
        let kept = conversation.beforeLastPrompt
        conversation = Conversation(repairing: kept)
        rewriteTranscript()
        stop(.failure(.refused))
    }

    /// The transcript is the conversation as it is now, and nothing of what was recorded before.
    mutating func rewriteTranscript() {
        guard let first = conversation.messages.first else {
            return act(.record(TranscriptEntry(RequestMessage(.user, []), isSummary: true)))
        }
        act(.record(TranscriptEntry(first, isSummary: true)))
        for message in conversation.messages.dropFirst() { act(.record(TranscriptEntry(message))) }
    }

    mutating func keepResults(of tools: ToolTurn) {
        guard !tools.results.isEmpty else { return }
        let message = RequestMessage(.user, tools.results)
        conversation.append(message)
        act(.record(TranscriptEntry(message)))
    }

    mutating func tellLog(_ text: String, level: String = "info", tool: String? = nil) {
        guard let line = log.admit(text, at: now) else { return }
        act(.tell(.log(line, level: level, tool: tool)))
    }

    /// Ids go into events and back to the API: each must be one, and no two the same.
    private static func hasUsableNames(_ uses: [ToolUse]) -> Bool {
        let ids = uses.compactMap { try? ToolUseID(parsing: $0.id) }  // counted below
        return Set(ids).count == uses.count
    }
}
