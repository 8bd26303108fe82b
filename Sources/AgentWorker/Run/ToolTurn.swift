import ClaudeAPI
import Realtime
import Tools

/// The tool uses of one answer, from taking them up to their results.
///
/// In order: a call that may change something runs alone; neighbours that only read run together.
struct ToolTurn: Equatable, Sendable {
    /// Where a call stands.
    enum State: Equatable, Sendable {
        case waiting
        case preparing
        /// Waits for the link: nothing begins without it.
        case ready(PreparedCall)
        case asking(PermissionRequestID, PreparedCall)
        case running
        case done(ToolResult)
    }

    struct Call: Equatable, Sendable {
        let use: ToolUse
        var state = State.waiting
        /// Whether people have seen its start, so that they have to see its result.
        var isShown = false

        var onlyReads: Bool { Tool(rawValue: use.name)?.isReadOnly ?? false }
    }

    let turn: TurnID
    private(set) var calls: [Call]
    /// Those in front of it have been taken up.
    private var next = 0
    /// Taken up and not done.
    private var active: Set<Int> = []
    private var places: [String: Int] = [:]
    private var resultBytes = 0

    init(_ uses: [ToolUse], turn: TurnID) {
        self.turn = turn
        calls = uses.map { Call(use: $0) }
        for (place, use) in uses.enumerated() { places[use.id] = place }
    }

    subscript(place: Int) -> Call { calls[place] }

    func place(of id: String) -> Int? { places[id] }

    /// The place of the question's call.
    func place(asking request: PermissionRequestID) -> Int? {
        active.first {
            if case .asking(request, _) = calls[$0].state { true } else { false }
        }
    }

    var isDone: Bool { next == calls.count && active.isEmpty }

    /// Taken up and not done, in order.
    var activePlaces: [Int] { active.sorted() }

    /// Takes up the next call if its turn has come.
    mutating func takeNext() -> Int? {
        guard next < calls.count, mayStart(calls[next]) else { return nil }
        defer { next += 1 }
        active.insert(next)
        calls[next].state = .preparing
        return next
    }

    mutating func set(_ place: Int, _ state: State) { calls[place].state = state }

    mutating func show(_ place: Int) { calls[place].isShown = true }

    /// Ends a call; its result is cut where all results together become too long.
    /// - Returns: the result as the model gets it.
    mutating func end(_ place: Int, _ text: String, isError: Bool) -> ToolResult {
        let limit = max(
            RunLimits.maximumLateResultBytes,
            RunLimits.maximumResultBytesPerAnswer - resultBytes)
        var content = text
        if text.utf8.count > limit {
            content =
                text.fitting(jsonBytes: limit).text
                + "\n[Shortened: the results of this answer's tools are too long together. "
                + "Ask for less at once.]"
        }
        resultBytes += content.utf8.count
        let result = ToolResult(
            toolUseID: calls[place].use.id, content: content, isError: isError)
        calls[place].state = .done(result)
        active.remove(place)
        return result
    }

    /// Nothing more is taken up: gives every call that was not its result.
    mutating func skipRest(_ reason: String) {
        while next < calls.count {
            calls[next].state = .done(
                ToolResult(toolUseID: calls[next].use.id, content: reason, isError: true))
            next += 1
        }
    }

    /// All results in the order of the uses, once all are there.
    var results: [ContentBlock] {
        calls.compactMap {
            if case .done(let result) = $0.state { .toolResult(result) } else { nil }
        }
    }

    private func mayStart(_ call: Call) -> Bool {
        if active.isEmpty { return true }
        return call.onlyReads && active.count < RunLimits.maximumParallelCalls
            && active.allSatisfy { calls[$0].onlyReads }
    }
}
