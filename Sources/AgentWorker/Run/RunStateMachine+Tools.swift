import ClaudeAPI
import JSON
import Protocol
import Realtime
import Tools

// The tools of an answer.
extension RunStateMachine {
    mutating func use(_ uses: [ToolUse], _ turn: TurnID) {
        phase = .usingTools(ToolTurn(uses, turn: turn))
        proceed()
    }

    /// Takes up every call whose turn has come, and asks the model again when all are done.
    mutating func startCalls() {
        guard isLinkUp else { return }
        while case .usingTools(var tools) = phase {
            // Put back before anything is done with it, and not shared meanwhile.
            phase = .readyToAsk
            let place = tools.takeNext()
            let isDone = tools.isDone
            phase = .usingTools(tools)
            if let place {
                start(place, tools)
            } else if isDone {
                return finishTools(tools)
            } else {
                return
            }
        }
    }

    private mutating func start(_ place: Int, _ tools: ToolTurn) {
        let use = tools[place].use
        totals.toolCalls += 1
        guard place < RunLimits.maximumCallsPerAnswer else {
            let most = RunLimits.maximumCallsPerAnswer
            return end(place, "Not run: at most \(most) tools are run for one answer.")
        }
        switch use.input {
        case .complete(let input):
            act(.prepare(ToolCall(id: use.id, name: use.name, input: input)))
        case .cut, .invalid:
            end(place, "Not run: its input was no JSON object.")
        }
    }

    private mutating func finishTools(_ tools: ToolTurn) {
        keepResults(of: tools)
        phase = .readyToAsk
        proceed()
    }

    // MARK: - One call

    mutating func prepared(_ id: String, _ call: PreparedCall) {
        guard case .usingTools(let tools) = phase, let place = tools.place(of: id),
            tools[place].state == .preparing
        else { return }
        if isLinkUp { judge(place, call) } else { change { $0.set(place, .ready(call)) } }
        startCalls()
    }

    /// What was looked up while the link was lost.
    mutating func judgeReady() {
        guard case .usingTools(let tools) = phase else { return }
        for place in tools.activePlaces {
            if case .ready(let call) = tools[place].state { judge(place, call) }
        }
    }

    private mutating func judge(_ place: Int, _ call: PreparedCall) {
        show(place, intent: call.input.intent, displayName: call.tool.displayName)
        switch policy.decide(call) {
        case .run(let access): run(place, call, access)
        case .ask: ask(place, call)
        case .refuse(let reason): end(place, reason)
        }
    }

    mutating func refused(_ id: String, _ reason: String) {
        guard case .usingTools(let tools) = phase, let place = tools.place(of: id),
            tools[place].state == .preparing
        else { return }
        end(place, reason)
        startCalls()
    }

    private mutating func run(_ place: Int, _ call: PreparedCall, _ access: SandboxAccess) {
        change { $0.set(place, .running) }
        tellLog(call.input.intent, tool: call.tool.rawValue)
        act(.run(call, access))
    }

    mutating func toolWrote(_ id: String, _ text: String) {
        guard case .usingTools(let tools) = phase, let place = tools.place(of: id) else { return }
        tellLog(text, level: "debug", tool: SessionNotice.label(tools[place].use.name))
    }

    mutating func toolFinished(_ id: String, _ outcome: ToolOutcome) {
        switch phase {
        case .usingTools(let tools):
            guard let place = tools.place(of: id), tools[place].state == .running else { return }
            end(place, outcome.text, isError: outcome.isError)
            startCalls()
        case .stopping(let tools, _):
            guard let place = tools.place(of: id), tools[place].state == .running else { return }
            end(place, outcome.text, isError: outcome.isError)
            endIfStopped()
        default: break
        }
    }

    // MARK: - Permission

    private mutating func ask(_ place: Int, _ call: PreparedCall) {
        questions += 1
        let request = PermissionRequestID(stringLiteral: "perm-\(generation)-\(questions)")
        change { $0.set(place, .asking(request, call)) }
        act(
            .askPermission(request, call), .tell(.status(.waiting)),
            .tell(
                .waits(
                    for: request, toolName: call.question.toolName, command: call.question.command))
        )
    }

    /// The mode may have changed while people thought: an approval never outranks it.
    mutating func permissionEnded(_ request: PermissionRequestID, _ verdict: PermissionVerdict) {
        guard case .usingTools(let tools) = phase, let place = tools.place(asking: request),
            case .asking(_, let call) = tools[place].state
        else { return }
        act(.forgetPermission(request), .tell(.status(.running)))
        switch (verdict.allowed, policy.decide(call)) {
        case (true, .refuse(let reason)): end(place, reason)
        case (true, .run(let access)): run(place, call, access)
        case (true, .ask): run(place, call, .writable)
        case (false, _): end(place, Self.denial(verdict.reason))
        }
        startCalls()
    }

    private static func denial(_ reason: String) -> String {
        reason == "timeout"
            ? "Not run: nobody answered the question for permission in time. Go on without it, or "
                + "say what you need."
            : "Not run: permission was denied (\(reason)). Do not try the same in another way; go on "
                + "without it, or ask what to do instead."
    }

    // MARK: - Changes of the turn

    /// Changes the calls in place.
    mutating func change(_ body: (inout ToolTurn) -> Void) {
        switch phase {
        case .usingTools(var tools):
            phase = .readyToAsk
            body(&tools)
            phase = .usingTools(tools)
        case .stopping(var tools, let ending):
            phase = .readyToAsk
            body(&tools)
            phase = .stopping(tools, ending)
        default: break
        }
    }

    private mutating func show(
        _ place: Int, intent: String? = nil, displayName: String? = nil
    ) {
        var start: SessionNotice?
        change { tools in
            guard !tools[place].isShown else { return }
            tools.show(place)
            start = .toolStart(
                tools[place].use, tools.turn, intent: intent, displayName: displayName)
        }
        if let start { act(.publish(start)) }
    }

    /// A call's result, for the model and for people.
    mutating func end(_ place: Int, _ text: String, isError: Bool = true) {
        show(place)
        var notice: SessionNotice?
        change { tools in
            let result = tools.end(place, text, isError: isError)
            notice = .toolResult(result, name: tools[place].use.name, tools.turn)
        }
        if let notice { act(.publish(notice)) }
    }
}
