import ClaudeAPI
import Protocol
import Realtime

// When the conversation outgrows the model's context.
extension RunStateMachine {
    /// A summary that is being written.
    struct Compaction: Equatable, Sendable {
        /// What it is of; shortened where even that is too long.
        var older: [RequestMessage]
        let recent: [RequestMessage]
    }

    /// The API or the model said that the context is full.
    mutating func overflowed() {
        guard compactions < RunLimits.maximumCompactions, compact() else {
            return stop(.failure(.contextTooLong))
        }
    }

    /// Begins to summarise all but the recent part; false where there is nothing to split.
    mutating func compact() -> Bool {
        // Each further time keeps less: what was kept may be what is too long.
        let budget = limits.keptBytes >> (2 * compactions)
        guard let (older, recent) = conversation.split(keeping: budget) else { return false }
        compactions += 1
        phase = .compacting(Compaction(older: older, recent: recent))
        tellLog("The conversation is long: its older part is being summarised.")
        askForSummary(older)
        return true
    }

    private mutating func askForSummary(_ older: [RequestMessage]) {
        var question = Conversation(repairing: older)
        question.append(RequestMessage(.user, [.text(SummaryWords.question)]))
        act(.askModel(ModelQuestion(.summary, question.messages)))
    }

    mutating func receiveSummary(_ event: ClaudeEvent) {
        guard case .compacting(let compaction) = phase else { return }
        switch event {
        case .completed(let message):
            totals.add(message.usage)
            let text = message.text
            guard text.contains(where: { !$0.isWhitespace }) else {
                return stop(.failure(.contextTooLong))
            }
            takeOver(text, compaction)
        case .failed(let error) where error.isContextOverflow: shorten(compaction)
        case .failed(let error):
            if !mend(after: error) { stop(.failure(RunFailure(error))) }
        default: break
        }
    }

    /// Even the older part alone is too long: its own older half is given up.
    private mutating func shorten(_ compaction: Compaction) {
        let half = Conversation(repairing: compaction.older)
        let bytes = compaction.older.reduce(0) { $0 + $1.bytes }
        guard compactions < RunLimits.maximumCompactions,
            let (_, newer) = half.split(keeping: bytes / 2)
        else { return stop(.failure(.contextTooLong)) }
        compactions += 1
        let begin = RequestMessage(.user, [.text(SummaryWords.omitted)])
        let older = [begin] + newer
        phase = .compacting(Compaction(older: older, recent: compaction.recent))
        askForSummary(older)
    }

    private mutating func takeOver(_ text: String, _ compaction: Compaction) {
        let summary = RequestMessage(.user, [.text(SummaryWords.introduction + text)])
        conversation = Conversation(repairing: [summary] + compaction.recent)
        totals.forgetContext()
        rewriteTranscript()
        let turn = TurnID(stringLiteral: "turn-\(generation)-compaction-\(compactions)")
        act(.publish(.textComplete(SummaryWords.notice, turn, isIntermediate: true)))
        phase = .readyToAsk
        proceed()
    }
}

/// What is said around a summary.
enum SummaryWords {
    static let notice =
        "The conversation had become too long for the model, so its older part was summarised. "
        + "Details from before may be missing."

    static let introduction =
        "The older part of this conversation was replaced by this summary of it:\n\n"

    static let omitted = "[The beginning of the conversation is left out here.]"

    static let question = """
        Write a summary of the conversation so far. It will replace these messages, so put down \
        everything that is needed to go on with the work: what the user wants, in their own words \
        where these matter; decisions and their reasons; files that were read or changed and what \
        is important about them; commands and their results; errors and how they were mended; what \
        is done, and what is to be done next. Answer with the summary only.
        """
}
