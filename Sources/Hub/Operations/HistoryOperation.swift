import JSON
import Protocol
import Realtime
import Store

/// `channels.history`: publications after an offset, oldest first.
///
/// `since` is `epoch:offset` or a plain offset; the cursor of the next page has the same form.
/// Answers `{items, nextCursor, epoch, offset}`, the last two being the head.
extension HubCore {
    func setUpHistoryOperation() {
        operations.onRead(.readHistory) { [unowned self] call in try readHistory(call) }
    }

    private func readHistory(_ call: OperationCall) throws -> HeavyRead {
        let page = try call.page()
        let identity = try readable(call)
        if let session = identity.sessionID { try sessions.flush(session, call.iteration) }
        let channel = try channels.open(identity, call.iteration)
        let since =
            try page.after.map { try position($0, "cursor", channel) }
            ?? call.read { $0.string("since") }.map { try position($0, "since", channel) } ?? 0
        let (number, head) = (channel.number, channel.stream.position)
        return HeavyRead(for: try access.owner(of: identity, call.iteration)) { store in
            let batch = try store.publications(
                in: number, after: since, through: head.offset,
                maximumBytes: Limits.maximumPageBytes, maximumCount: page.limit)
            return page.answer(
                batch, more: ["epoch": .string(head.epoch.text), "offset": .integer(head.offset)],
                position: { "\(head.epoch):\($0.offset)" }, text: \.text)
        }
    }

    /// The channel that is asked for, where the caller may read it.
    private func readable(_ call: OperationCall) throws -> ChannelIdentity {
        let text = call.parameters["channel"]?.stringValue ?? ""
        let name: ChannelName
        do throws(ChannelNameError) {
            name = try ChannelName(parsing: text)
        } catch {
            throw OperationError(.channelInvalid, "\(error)")
        }
        let identity = try call.identity(of: name)
        do {
            try access.check(call.caller, mayRead: identity, call.iteration)
        } catch let error as OperationError where error.code == .channelForbidden {
            // Over REST a foreign thing and a missing one are alike not found.
            throw OperationError(.notFound, error.message)
        }
        return identity
    }

    /// A position of another epoch is a conflict: its offsets say nothing about this history.
    private func position(
        _ text: String, _ key: String, _ channel: Channel
    ) throws -> Offset {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard let last = parts.last, let offset = Offset(last), offset >= 0 else {
            throw ValidationError(path: key, "an offset, or epoch:offset")
        }
        guard parts.count == 1 || parts[0] == channel.stream.epoch.text else {
            throw OperationError(
                .conflict, "the channel's history begins anew since that position; leave it out")
        }
        return offset
    }
}
