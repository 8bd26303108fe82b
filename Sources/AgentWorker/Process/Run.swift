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
    private var reports: ReportQueue
    private var workspace: Workspace?
    private var request: ClaudeRequest?
    private var transcript: TranscriptReader?
    private var tools: [String: ToolRun] = [:]
    private var questions: [PermissionRequestID: OpenQuestion] = [:]
    private var deadline: Timer?
    private var resend: Timer?
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
        worker.tools.prepare(call, in: workspace, parsesCommands: machine.mode == .ask) { [weak self] result in
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

// MARK: - Questions

extension Run {
    private func ask(_ id: PermissionRequestID, _ call: PreparedCall) {
        worker.metrics.asked()
        // The hub's own clock decides; this one only bounds the wait for its word.
        let timer = assignment.permissionTimeoutMilliseconds.map { timeout in
            worker.loop.schedule(after: .milliseconds(timeout) + RunLimits.lateAnswerTime) {
                [weak self] in self?.deny(id, "timeout")
            }
        }
        let question = OpenQuestion(id, call, of: assignment, timer)
        questions[id] = question
        send(question, id)
    }

    /// What could not be asked is denied; a lost link asks again when it is back.
    private func send(_ question: OpenQuestion, _ id: PermissionRequestID) {
        // The events before it first: people see what the question is about.
        sendReports()
        worker.link.request({ .call($0, nil, .requestPermission, question.parameters) }) {
            [weak self] answer in
            guard case .refused(let error) = answer else { return }
            if error.code == .leaseLost { self?.leaseLost() }
            self?.deny(id, "it could not be asked: \(error.message)")
        }
    }

    private func deny(_ id: PermissionRequestID, _ reason: String) {
        receive(.permissionEnded(id, PermissionVerdict(allowed: false, reason: reason)))
    }
}

// MARK: - Reports

extension Run {
    /// Sends what was gathered; at the end of each iteration, so that a report holds all of it.
    func flush() {
        guard outcome != .leaseLost else { return }
        sendReports()
        guard reports.isOverLimit else { return }
        worker.log.error(
            "a run is stopped: too much of it waits for the hub",
            metadata: ["session": "\(assignment.lease.session)"])
        leaseLost()
    }

    /// The link is new: says again what may not have been heard.
    func linkRestored() {
        guard outcome != .leaseLost else { return }
        sendUnstored()
        for (id, question) in questions { send(question, id) }
        transcript?.readNext()
        receive(.linkRestored)
    }

    private func sendReports() {
        let new = reports.close()
        if worker.link.isUp, resend == nil { for report in new { send(report) } }
    }

    private func sendUnstored() {
        resend?.cancel()
        resend = nil
        for report in reports.unstored { send(report) }
    }

    /// The hub's disk takes nothing now: all that is not stored waits here, and is sent in order.
    private func sendLater(because error: OperationError) {
        guard resend == nil else { return }
        worker.log.debug(
            "reports wait for the hub's disk",
            metadata: ["session": "\(assignment.lease.session)", "reason": "\(error)"])
        resend = worker.loop.schedule(after: RunLimits.unstoredReportDelay) { [weak self] in
            self?.sendUnstored()
        }
    }

    private func send(_ report: RunReport) {
        worker.link.request({ .report($0, report) }) { [weak self] answer in
            self?.answered(report.number, answer)
        }
    }

    private func answered(_ number: Int64, _ answer: HubLink.Answer) {
        switch answer {
        // Sent again when the link is back.
        case .unsent, .lost: return
        case .answered: reports.stored(number)
        case .refused(let error) where error.code == .leaseLost: leaseLost()
        case .refused(let error)
        where error.code == .storageFull
            || error.code == .serviceUnavailable:
            sendLater(because: error)
        case .refused(let error): refused(number, error)
        }
        onChange?()
    }

    private func refused(_ number: Int64, _ error: OperationError) {
        let isRecord = reports.refused(number)
        worker.log.error(
            "the hub refused a report",
            metadata: [
                "session": "\(assignment.lease.session)", "error": "\(error)",
                "record": "\(isRecord)",
            ])
        guard isRecord else { return }
        // A run whose end is refused can only be ended by the hub, once the lease is over.
        if outcome != nil { return leaseLost() }
        receive(
            .failed(
                RunFailure(
                    .internal, "The run's events could not be stored: \(error.message)",
                    canRetry: true)))
    }
}
