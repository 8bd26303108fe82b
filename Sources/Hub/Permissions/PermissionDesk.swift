import Daemon
import JSON
import Protocol
import Realtime
import Store

/// Asks people and hears their answers: the life of every question for permission.
///
/// The store is the record, and the first answer ends a question, whoever gives it and however it
/// comes. Nothing here turns a failure into an approval: only a person's answer can allow, or a rule
/// that a person made.
package final class PermissionDesk {
    private let directory: SessionDirectory
    private let publisher: SessionPublisher
    private let leases: Leases
    private let alarms: Alarms
    private let settings: () -> HubSettings
    private let metrics: HubMetrics
    private var deadlines = PermissionDeadlines()

    /// - Parameter pending: every open question of the store, so that its time goes on.
    init(
        directory: SessionDirectory, publisher: SessionPublisher, leases: Leases, alarms: Alarms,
        settings: @escaping () -> HubSettings, metrics: HubMetrics, pending: [PermissionRow]
    ) {
        self.directory = directory
        self.publisher = publisher
        self.leases = leases
        self.alarms = alarms
        self.settings = settings
        self.metrics = metrics
        for question in pending {
            if let moment = question.expiresAt { deadlines.schedule(question.key, at: moment) }
        }
        metrics.registry.gauge(.hubPendingPermissions).set(Int64(pending.count))
        alarms.on(.permissionDeadlines) { [unowned self] iteration in try expire(iteration) }
        // At once: the handler has the clocks to set the next moment by.
        if !pending.isEmpty { alarms.set(.permissionDeadlines, at: .zero) }
    }

    /// How long the session's next question waits in milliseconds; nil for ever.
    func wait(of session: SessionRow) -> Int64? {
        switch session.permissionTimeout {
        case .standard: settings().permissionTimeout?.wholeMilliseconds
        case .never: nil
        case .after(let milliseconds): milliseconds
        }
    }

    /// Asks, unless a rule of the session answers.
    func ask(_ question: PermissionRow, _ iteration: Iteration) throws {
        let rules = try iteration.store.rules(of: question.key.session)
        if let rule = rules.first(where: { $0.rule.allows(question) }) {
            return try allow(question, by: rule, iteration)
        }
        try checkLimit(of: question.key.session, iteration)
        try iteration.store.insert(question)
        try publisher.publish(
            .permissionRequest, in: question.key.session,
            ["request": .object(question.request)],
            folding: .permissionRequested(question.key.request), iteration)
        if let moment = question.expiresAt { schedule(question.key, at: moment, iteration) }
        count(1, iteration)
    }

    /// Takes an answer; throws `PERMISSION_ALREADY_RESOLVED` for a second or a late one, and
    /// `SERVICE_UNAVAILABLE` for a yes that nobody could act on.
    ///
    /// - Returns: whether a rule was remembered.
    func answer(
        _ question: PermissionRow, _ answer: PermissionAnswer, _ iteration: Iteration
    ) throws -> Bool {
        var machine = PermissionStateMachine(expiresAt: question.expiresAt)
        guard question.state == .pending, isHeard(question),
            case .resolve(let outcome) = machine.answer(answer, at: iteration.now)
        else {
            throw OperationError(
                .permissionAlreadyResolved,
                "the request \(question.key.request) had ended before this answer came")
        }
        guard !outcome.allowed || isReached(question) else {
            throw OperationError(
                .serviceUnavailable,
                "the agent that asked is not there at the moment, so nothing was allowed; its question"
                    + " stays open until it is back or counts as lost: try again",
                retryAfterSeconds: 1)
        }
        let remembered =
            outcome.allowed && answer.alwaysAllow
            ? try remember(question, by: answer.principal, iteration) : false
        try end(
            question, as: outcome.allowed ? .allowed : .denied, by: answer.principal,
            remembered: remembered, iteration)
        return remembered
    }

    /// Nobody needs the answers any more: every open question of a session ends as denied.
    func withdrawAll(
        of session: SessionID, _ reason: PermissionWithdrawal, _ iteration: Iteration
    ) throws {
        for question in try iteration.store.pendingPermissions(of: nil, in: session).rows {
            try end(question, as: .withdrawn, by: reason.rawValue, iteration)
        }
    }

    /// The alarm: ends what has run out of time, and sets itself for the next.
    private func expire(_ iteration: Iteration) throws {
        let before = deadlines
        iteration.onRollback { [self] in
            deadlines = before
            // Not at once: whatever failed may fail again, and the loop has other work.
            alarms.set(.permissionDeadlines, at: iteration.clock + .seconds(1))
        }
        for key in deadlines.popDue(at: iteration.now) {
            guard let question = try iteration.store.permission(key), question.state == .pending
            else { continue }
            try end(question, as: .timedOut, by: nil, iteration)
        }
        arm(iteration)
    }

    private func allow(
        _ question: PermissionRow, by rule: RuleRow, _ iteration: Iteration
    ) throws {
        var allowed = question
        allowed.state = .allowed
        allowed.resolvedBy = "rule:\(rule.id)"
        try iteration.store.insert(allowed)
        try publishEnd(of: allowed, remembered: true, iteration)
        tellWorker(of: allowed, remembered: true, iteration)
    }

    /// Tells the worker that asked how its question ended; anything but a person's or a rule's yes
    /// is a no.
    func tellWorker(
        of question: PermissionRow, remembered: Bool = false, _ iteration: Iteration
    ) {
        guard question.generation != nil, isHeard(question) else { return }
        let verdict = PermissionVerdict(
            allowed: question.state == .allowed, alwaysAllow: remembered,
            reason: question.resolvedBy ?? "timeout")
        leases.tell(
            question.key.session,
            .permissionEnded(question.key.session, question.key.request, verdict), iteration)
    }

    /// Whether whoever asked can still use an answer: an agent outside always, a worker's run only
    /// while it has the lease under which it asked.
    private func isHeard(_ question: PermissionRow) -> Bool {
        question.generation.map { leases.isHeld(question.key.session, $0) } ?? true
    }

    /// Whether an answer reaches whoever asked at once: a worker may have died, which its link tells
    /// first, and what is allowed would never be done.
    private func isReached(_ question: PermissionRow) -> Bool {
        question.generation == nil || leases.table[question.key.session]?.worker != nil
    }

    private func end(
        _ question: PermissionRow, as state: PermissionRow.State, by actor: String?,
        remembered: Bool = false, _ iteration: Iteration
    ) throws {
        var ended = question
        ended.state = state
        ended.resolvedBy = actor
        try iteration.store.endPermission(question.key, as: state, by: actor)
        schedule(question.key, at: nil, iteration)
        count(-1, iteration)
        try publishEnd(of: ended, remembered: remembered, iteration)
        tellWorker(of: ended, remembered: remembered, iteration)
    }

    private func publishEnd(
        of question: PermissionRow, remembered: Bool, _ iteration: Iteration
    ) throws {
        metrics.registry.counter(.hubPermissions, question.state.rawValue).add()
        var body: JSONObject = ["requestId": .string(question.key.request.text)]
        if question.state != .timedOut {
            body["allowed"] = .bool(question.state == .allowed)
            body["alwaysAllow"] = .bool(remembered)
            body["resolvedBy"] = JSONValue(question.resolvedBy)
        }
        try publisher.publish(
            question.state == .timedOut ? .permissionTimeout : .permissionResolved,
            in: question.key.session, body, folding: .permissionEnded(question.key.request),
            iteration)
    }

    /// False where no rule can be made of it, or there are too many: the answer holds for this once.
    private func remember(
        _ question: PermissionRow, by actor: String, _ iteration: Iteration
    ) throws -> Bool {
        guard let rule = question.rememberable else { return false }
        let rules = try iteration.store.rules(of: question.key.session)
        if rules.contains(where: { $0.rule == rule }) { return true }
        guard rules.count < settings().maximumRulesPerSession else {
            metrics.reached(limit: "hub.maximumRulesPerSession")
            return false
        }
        try iteration.store.insert(
            RuleRow(
                id: Fresh.identifier("rul"), sessionID: question.key.session, rule: rule,
                createdBy: actor, createdAt: iteration.now))
        if question.generation != nil {
            try leases.tellRules(of: question.key.session, iteration)
        }
        return true
    }

    private func checkLimit(of session: SessionID, _ iteration: Iteration) throws {
        let maximum = settings().maximumPendingPermissionsPerSession
        let pending = try directory.entry(session, iteration)?.row.pendingPermissions ?? 0
        guard pending < maximum else {
            metrics.reached(limit: "hub.maximumPendingPermissionsPerSession")
            throw OperationError(
                .limitReached, "\(pending) requests of this session wait for an answer already",
                retryAfterSeconds: 5)
        }
    }

    private func schedule(_ key: PermissionKey, at moment: Timestamp?, _ iteration: Iteration) {
        let before = deadlines
        iteration.onRollback { [self] in
            deadlines = before
            arm(iteration)
        }
        if let moment { deadlines.schedule(key, at: moment) } else { deadlines.cancel(key) }
        arm(iteration)
    }

    /// The moments are wall-clock, the alarm is not: it looks again when it goes off.
    private func arm(_ iteration: Iteration) {
        let wait = deadlines.next.map { max(.zero, $0 - iteration.now) }
        alarms.set(.permissionDeadlines, at: wait.map { iteration.clock + $0 })
    }

    private func count(_ amount: Int, _ iteration: Iteration) {
        let gauge = metrics.registry.gauge(.hubPendingPermissions)
        gauge.add(amount)
        iteration.onRollback { gauge.add(-amount) }
    }
}

extension PermissionRow {
    /// What is asked, in the form in which rules judge it.
    fileprivate var subject: PermissionSubject {
        PermissionSubject(toolName: toolName, command: command)
    }

    /// The rule that an `alwaysAllow` makes of it, if any: a worker has parsed the exact call, the
    /// words of an agent outside are parsed here.
    var rememberable: PermissionRule? {
        guard generation == nil else { return rule }
        guard case .remember(let rule) = PermissionRule.derive(toolName: toolName, from: subject)
        else { return nil }
        return rule
    }
}

extension PermissionRule {
    fileprivate func allows(_ question: PermissionRow) -> Bool {
        // What people read of a worker's call is no basis to judge it by; its parsed form is.
        guard question.generation == nil else { return question.rule.map(covers) ?? false }
        return allows(toolName: question.toolName, question.subject)
    }
}
