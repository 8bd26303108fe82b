import ClaudeAPI
import Daemon
import EventLoop
import IPC
import JSON
import Logging
import Protocol
import Realtime
import Tools

/// The shell of one run: performs what its ``RunStateMachine`` decides.
///
/// Confined to the loop's thread. It exists from its assignment until the hub has stored its last
/// report and its last tool is gone; nothing of a session is kept between runs.
final class Run {
    let assignment: RunAssignment
    /// There is something to tell, or it may be gone: asks for ``flush()`` in this iteration.
    var onChange: (() -> Void)?
    private(set) var outcome: RunOutcome?

    unowned let worker: AgentWorker
    private var machine: RunStateMachine
    var reports: ReportQueue
    private var workspace: Workspace?
    private var request: ClaudeRequest?
    var transcript: TranscriptReader?
    private var tools: [String: ToolRun] = [:]
    var questions: [PermissionRequestID: OpenQuestion] = [:]
    private var deadline: Timer?
    var resend: Timer?
    private var events: [RunEvent] = []
    private var isPerforming = false

    init(_ assignment: RunAssignment, worker: AgentWorker) {
        self.assignment = assignment
        self.worker = worker
        machine = RunStateMachine(assignment, limits: worker.limits)
        reports = ReportQueue(assignment, eventPrefix: worker.nextRunName())
    }

    /// Whether nothing of it is left to do or to say.
    var isGone: Bool {
        guard let outcome else { return false }
        return tools.isEmpty && (outcome == .leaseLost || reports.isEmpty)
    }

    /// Whether it still speaks for its session.
    var holdsLease: Bool { outcome != .leaseLost }

    func start() { receive(.assigned) }

    /// Takes an event now, or after those that are being taken.
    ///
    /// Not nested: an action may lead to its next event before it returns.
    func receive(_ event: RunEvent) {
        events.append(event)
        guard !isPerforming else { return }
        isPerforming = true
        var next = 0
        while next < events.count {
            for action in machine.receive(events[next], at: worker.loop.now) { perform(action) }
            next += 1
        }
        events.removeAll(keepingCapacity: false)
        isPerforming = false
        onChange?()
    }

    /// The hub gave the session to somebody else, or may have.
    func leaseLost() {
        receive(.leaseLost)
        // Also where it was over before: nothing of it can be stored any more.
        outcome = .leaseLost
        onChange?()
    }

    // MARK: - Actions

    private func perform(_ action: RunAction) {
        switch action {
        case .readTranscript: openWorkspace()
        case .askModel(let question): ask(question)
        case .cancelModel:
            request?.cancel()
            request = nil
        case .prepare(let call): prepare(call)
        case .run(let call, let access): run(call, access)
        case .cancelTool(let id): tools[id]?.cancel()
        case .askPermission(let request, let call): ask(request, call)
        case .forgetPermission(let request): questions[request] = nil
        case .publish(let notice):
            reports.add(notice, at: WallClock.now, isLinkUp: worker.link.isUp)
        case .record(let entry): reports.add(entry)
        case .tell(let notice):
            reports.add(notice, at: WallClock.now, isLinkUp: worker.link.isUp)
        case .setDeadline(let time):
            deadline = worker.loop.schedule(after: time) { [weak self] in
                self?.receive(.deadline)
            }
        case .count(let deviation): worker.metrics.tolerated(deviation)
        case .finish(let outcome): finish(outcome)
        }
    }

    private func openWorkspace() {
        worker.tools.open(for: assignment.lease.session.text) {
            [folders = worker.folders, assignment] () -> Result<Workspace, RunFailure> in
            do throws(RunFailure) {
                return .success(try folders.open(for: assignment))
            } catch {
                return .failure(error)
            }
        } then: { [weak self] opened in
            guard let self, outcome == nil else { return }
            switch opened {
            case .success(let workspace):
                self.workspace = workspace
                readTranscript()
            case .failure(let error): receive(.failed(error))
            case nil: receive(.failed(.silentWorkspace))
            }
        }
    }

    private func readTranscript() {
        guard worker.model != nil else { return receive(.failed(.noModel)) }
        guard assignment.isResumed else {
            let entries = assignment.messages.map { TranscriptEntry(personsText: $0.text) }
            return receive(.transcriptRead(entries))
        }
        let reader = TranscriptReader(assignment.lease, worker.link, worker.loop) {
            [weak self] result in
            self?.transcript = nil
            switch result {
            case .success(let entries): self?.receive(.transcriptRead(entries))
            case .failure(.leaseLost): self?.leaseLost()
            case .failure(.refused(let failure)): self?.receive(.failed(failure))
            }
        }
        transcript = reader
        reader.readNext()
    }

    private func ask(_ question: ModelQuestion) {
        guard let model = worker.model, let workspace else { return }
        request = model.ask(
            question, model: assignment.model,
            system: SystemPrompt.blocks(root: workspace.root, mode: machine.mode)
        ) { [weak self] event in
            guard let self else { return }
            worker.metrics.received(event)
            if event.isLast { request = nil }
            receive(.model(event))
        }
    }

    private func prepare(_ call: ToolCall) {
        guard let workspace else { return }
        // Should the mode change meanwhile, an unparsed line fits no rule: somebody is asked.
        worker.tools.prepare(call, in: workspace, parsesCommands: machine.mode == .ask) {
            [weak self] result in
            switch result {
            case .success(let prepared): self?.receive(.prepared(toolUse: call.id, prepared))
            case .failure(let refusal):
                self?.receive(.unprepared(toolUse: call.id, refusal.description))
            }
        }
    }

    private func run(_ call: PreparedCall, _ access: SandboxAccess) {
        guard let workspace else { return }
        let id = call.call.id
        worker.metrics.ran(call.tool.rawValue)
        // Held by its completion, which comes when everything that the call started is gone.
        tools[id] = worker.tools.run(
            call, access: access, in: workspace,
            onOutput: { [weak self] text in self?.receive(.toolOutput(toolUse: id, text)) },
            completion: { outcome in
                self.tools[id] = nil
                self.worker.metrics.ended(outcome)
                self.receive(.toolFinished(toolUse: id, outcome))
            })
    }

    private func finish(_ outcome: RunOutcome) {
        self.outcome = outcome
        deadline?.cancel()
        request?.cancel()
        request = nil
        transcript = nil
        if let workspace { worker.tools.close(workspace) }
        workspace = nil
        questions = [:]
        worker.metrics.ended(outcome)
        worker.log.debug(
            "run ended",
            metadata: [
                "session": "\(assignment.lease.session)", "outcome": "\(outcome.label)",
            ])
    }
}

extension RunFailure {
    fileprivate static let silentWorkspace = RunFailure(
        .workspace,
        "The workspace was not opened within \(ToolLimits.fileCallTime.components.seconds) s: its "
            + "file system does not answer, or too many calls wait for files. Ask the operator "
            + "whether what is mounted there still runs.", canRetry: true)

    fileprivate static let noModel = RunFailure(
        .modelNotConfigured,
        "No model is configured: the operator has to give the agent workers an API key or a token "
            + "(the credential \(ClaudeCredential.credentialNames), or "
            + "\(ClaudeCredential.variables)).")
}
