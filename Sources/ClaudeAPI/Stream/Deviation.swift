/// A way in which an endpoint strays from the protocol without anything being lost by it.
///
/// Tolerated, and counted: `switchboard_agent_model_deviations_total`.
public enum Deviation: String, Sendable, CaseIterable {
    /// The answer came as one message instead of a stream, or its events one a line.
    case wholeMessage = "whole_message"
    /// An event stream under another content type.
    case contentType = "content_type"
    /// An event without its name, or with the name of another.
    case eventName = "event_name"
    /// The mark with which streams of other protocols end.
    case doneMark = "done_mark"
    case missingStart = "missing_message_start"
    case secondStart = "second_message_start"
    case missingID = "missing_id"
    /// Numbers of blocks with a gap, out of order, used again, or of no block.
    case blockOrder = "block_order"
    /// A block that was closed twice, never, or too early.
    case blockEnd = "block_end"
    case missingStop = "missing_message_stop"
    case missingStopReason = "missing_stop_reason"
    /// Half a surrogate pair at the end of a piece.
    case splitCharacter = "split_character"
    /// Counts of tokens that are none, or larger than any.
    case usage
    /// An error of a type that the API does not have.
    case errorType = "error_type"
    /// A tool's name, id or input in a form that the API would not take back.
    case toolName = "tool_name"
    case toolID = "tool_id"
    case toolInput = "tool_input"
    /// A block that the API would not take back, and that the conversation goes on without.
    case droppedBlock = "dropped_block"
}

/// The deviations of one answer, each told once.
struct DeviationNotes: Sendable {
    private var known: Set<Deviation> = []
    private var untold: [Deviation] = []

    mutating func note(_ deviation: Deviation) {
        if known.insert(deviation).inserted { untold.append(deviation) }
    }

    /// In the order in which they were met.
    mutating func takeUntold() -> [Deviation] {
        defer { untold = [] }
        return untold
    }
}
