import ClaudeAPI
import Protocol
import Realtime

// The one end of a run.
extension RunStateMachine {
    /// What the end is to be.
    enum Ending: Equatable, Sendable {
        case completion
        case interruption(String)
        case failure(RunFailure)
    }

    static let notStarted = "Not run: the run was interrupted before its turn came."

    /// Ends the run from wherever it is; with tools running, when these are gone.
    mutating func stop(_ ending: Ending) {
        switch phase {
        case .readingTranscript, .readyToAsk: conclude(ending)
        case .answering(let answer): stop(answer, ending)
        case .compacting:
            if ending != .completion { act(.cancelModel) }
            conclude(ending)
        case .usingTools(let tools): stop(tools, ending)
        // The first reason counts.
        case .stopping, .ended: break
        }
    }

    /// What people read before they interrupted stays: the model knows what it had said.
    private mutating func stop(_ answer: Answer, _ ending: Ending) {
        if case .interruption = ending {
            act(.cancelModel)
            totals.add(answer.usage)
            if preview.contains(where: { !$0.isWhitespace }) {
                let kept = RequestMessage(.assistant, [.text(preview)])
                conversation.append(kept)
                act(
                    .publish(.textComplete(preview, answer.turn, isIntermediate: false)),
                    .record(TranscriptEntry(kept)))
            }
        } else if case .failure = ending {
            act(.cancelModel)
        }
        conclude(ending)
    }

    private mutating func stop(_ tools: ToolTurn, _ ending: Ending) {
        phase = .stopping(tools, ending)
        change { $0.skipRest(Self.notStarted) }
        for place in tools.activePlaces {
            switch tools[place].state {
            case .running: act(.cancelTool(tools[place].use.id))
            case .asking(let request, _):
                act(.forgetPermission(request))
                end(place, "Not run: the run was interrupted before anybody answered.")
            default: end(place, Self.notStarted)
            }
        }
        act(.setDeadline(RunLimits.stopTime))
        endIfStopped()
    }

    mutating func endIfStopped() {
        guard case .stopping(let tools, let ending) = phase, tools.isDone else { return }
        keepResults(of: tools)
        conclude(ending)
    }

    /// Cancelled tools are not gone: what they did is unknown, and the run ends without them.
    mutating func stopTimeIsOver() {
        guard case .stopping(let tools, _) = phase else { return }
        for place in tools.activePlaces { end(place, Conversation.unknownOutcome) }
        endIfStopped()
    }

    private mutating func conclude(_ ending: Ending) {
        let usage = totals.steps == 0 ? nil : totals.report(contextWindow: limits.contextWindow)
        phase = .ended
        switch ending {
        case .completion:
            act(
                .publish(.complete(.complete, usage)),
                .tell(
                    .completed(
                        steps: totals.steps, toolCalls: totals.toolCalls,
                        usage: totals.report(contextWindow: limits.contextWindow))),
                .tell(.status(.idle)), .finish(.complete))
        case .interruption(let reason):
            act(
                .publish(.interrupted(reason)), .publish(.complete(.interrupted, usage)),
                .tell(.status(.interrupted)), .finish(.interrupted))
        case .failure(let failure):
            act(
                .publish(.error(failure)), .publish(.complete(.error, usage)),
                .tell(.failed(failure)), .tell(.status(.failed)),
                .finish(.failed(failure.code)))
        }
    }

    /// Stops everything and says nothing: another run speaks for the session.
    mutating func abandon() {
        switch phase {
        case .answering, .compacting: act(.cancelModel)
        case .usingTools(let tools), .stopping(let tools, _):
            for place in tools.activePlaces {
                switch tools[place].state {
                case .running: act(.cancelTool(tools[place].use.id))
                case .asking(let request, _): act(.forgetPermission(request))
                default: break
                }
            }
        default: break
        }
        phase = .ended
        act(.finish(.leaseLost))
    }
}
