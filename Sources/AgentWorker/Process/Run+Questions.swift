import IPC
import Protocol
import Realtime
import Tools

// What a run asks people.
extension Run {
    func ask(_ id: PermissionRequestID, _ call: PreparedCall) {
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
    func send(_ question: OpenQuestion, _ id: PermissionRequestID) {
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
