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
        case .thinking, .toolStarted, .toolInput, .blockEnded, .tolerated: break
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
        if error.isContextOverflow { return overflowed() }
        if !mend(after: error) { stop(.failure(RunFailure(error))) }
    }

    private mutating func completed(_ message: AssistantMessage, _ answer: Answer) {
        totals.add(message.usage)
        let message = admitted(message, answer.turn)
        if message.stopReason == .refusal { return leaveOutTurn() }
        // Half an answer is no record: it is given again once there is room for it.
        if message.stopReason == .contextWindowExceeded, message.toolUses.isEmpty {
            return overflowed()
        }
        guard keep(message, answer.turn) else { return stop(.failure(.answerTooLarge)) }
        switch message.stopReason {
        case .maximumTokens: cutOff(message, answer.turn)
        // With tools it waits for their results, whatever the endpoint calls it.
        case .pauseTurn where message.toolUses.isEmpty: goOn()
        default: message.toolUses.isEmpty ? stop(.completion) : use(message.toolUses, answer.turn)
        }
    }

    /// With ids for its tools that no other use in the conversation has.
    private mutating func admitted(
        _ message: AssistantMessage, _ turn: TurnID
    ) -> AssistantMessage {
        let admitted = conversation.admitting(message, in: turn)
        if admitted != message { act(.count(.toolID)) }
        return admitted
    }

    /// The record of an answer: what people keep, and what the model is shown again.
    ///
    /// - Returns: false, and nothing is kept, where it is larger than an entry of the transcript.
    private mutating func keep(_ message: AssistantMessage, _ turn: TurnID) -> Bool {
        let kept = RequestMessage(.assistant, message.replayableContent)
        let entry = TranscriptEntry(kept)
        guard entry.content.count <= TranscriptEntry.maximumBytes else { return false }
        let text = message.text
        let goesOn = !message.toolUses.isEmpty || message.stopReason == .pauseTurn
        if text.contains(where: { !$0.isWhitespace }) {
            act(.publish(.textComplete(text, turn, isIntermediate: goesOn)))
        }
        if !kept.content.isEmpty {
            conversation.append(kept)
            act(.record(entry))
        }
        totals.count(message.usage, conversation, contextWindow: limits.contextWindow)
        act(.publish(.usage(totals.report(contextWindow: limits.contextWindow))))
        return true
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
}
