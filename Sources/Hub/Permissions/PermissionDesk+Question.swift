import Protocol
import Realtime
import Store

extension PermissionDesk {
    /// The question that a request's fields describe, whoever asks.
    func question(
        _ id: PermissionRequestID, in session: SessionRow, _ reader: FieldReader, now: Timestamp
    ) -> PermissionRow {
        let timeout = reader.change("timeoutMs") {
            $0.integer("timeoutMs", in: SessionLimits.permissionTimeoutMilliseconds)
        }
        var wait = wait(of: session)
        timeout.apply(to: &wait)
        var question = PermissionRow(
            key: PermissionKey(session.id, id), teamID: session.teamID,
            toolName: reader.requiredString("toolName", bytes: 1...128),
            command: reader.requiredString(
                "command", bytes: 0...SessionLimits.maximumCommandBytes),
            description: reader.requiredString(
                "description", bytes: 0...SessionLimits.maximumDescriptionBytes),
            createdAt: now, expiresAt: wait.map { now + .milliseconds($0) })
        question.toolUseID = reader.identifier("toolUseId")
        return question
    }
}
