import EventLoop
import IPC
import JSON
import Protocol

/// Reads a session's transcript from the hub, page by page.
///
/// Confined to the loop's thread; released, it reads no further.
final class TranscriptReader {
    enum Failure: Error, Equatable {
        case leaseLost
        case refused(RunFailure)
    }

    private let lease: SessionLease
    private let link: HubLink
    private let done: (Result<[TranscriptEntry], Failure>) -> Void
    private var entries: [TranscriptEntry] = []
    private var cursor: String?
    private var bytes = 0
    private var isAsking = false
    private let loop: EventLoop
    private var retry: Timer?

    /// 16 MiB: far more than any context; a summary begins a transcript anew long before.
    static let maximumBytes = 16 * 1024 * 1024

    init(
        _ lease: SessionLease, _ link: HubLink, _ loop: EventLoop,
        _ done: @escaping (Result<[TranscriptEntry], Failure>) -> Void
    ) {
        self.lease = lease
        self.link = link
        self.loop = loop
        self.done = done
    }

    /// Asks for the next page, also again after a lost link; without effect while one is asked for.
    func readNext() {
        guard !isAsking else { return }
        isAsking = true
        var parameters: JSONObject = [
            "sessionId": .string(lease.session.text), "generation": .integer(lease.generation),
        ]
        parameters["cursor"] = cursor.map { .string($0) }
        link.request({ .call($0, nil, .readTranscript, parameters) }) { [weak self] answer in
            guard let self else { return }
            isAsking = false
            switch answer {
            // Asked again when the link is back.
            case .unsent, .lost: break
            case .refused(let error) where error.code == .leaseLost: done(.failure(.leaseLost))
            case .refused(let error):
                guard let seconds = error.retryAfterSeconds else { return fail(error.message) }
                retry = loop.schedule(after: .seconds(seconds)) { [weak self] in self?.readNext() }
            case .answered(.result(_, let page)): take(page)
            case .answered: fail("the hub's answer is no page of a transcript")
            }
        }
    }

    private func take(_ page: JSONValue) {
        guard let items = page["items"]?.arrayValue else {
            return fail("the hub's answer has no items")
        }
        for item in items {
            do throws(WireError) {
                let entry = try TranscriptEntry(item)
                if entry.isSummary { (entries, bytes) = ([], 0) }
                entries.append(entry)
                bytes += entry.content.count
            } catch {
                return fail("\(error)")
            }
        }
        guard bytes <= Self.maximumBytes else {
            return fail("it has more than \(Self.maximumBytes) bytes")
        }
        cursor = page["nextCursor"]?.stringValue
        if cursor == nil { done(.success(entries)) } else { readNext() }
    }

    private func fail(_ reason: String) {
        let failure = RunFailure(
            .transcript, "The session's conversation could not be read: \(reason).", canRetry: true)
        done(.failure(.refused(failure)))
    }
}
