import Daemon
import Logging
import Protocol
import Realtime
import Store

/// Has heavy reads done on a thread of their own, in fair shares for the teams.
///
/// Each read is bounded in rows and bytes (``ListPage``), so turns of teams are equal shares of the
/// thread. A read begins when the iteration that asked for it is committed, and sees all of it. When
/// it comes back, it is decided again whether the caller may have it, because the loop went on.
final class ReadDesk {
    /// A read that waits.
    struct Piece {
        let label: String
        let read: HeavyRead
        let reply: Reply
        /// When it was asked for, on the loop's clock.
        let since: Duration
        /// Decides again; throws what the caller sees.
        let confirm: (Iteration) throws -> Void
    }

    /// 2: one runs, and the next one does not wait for the loop to send it.
    static let maximumStarted = 2
    /// 1,024 reads of all teams: a few seconds of work.
    static let maximumWaiting = 1_024
    /// 2 s: less than any worker waits for its answer.
    static let maximumWait: Duration = .seconds(2)

    private let desk: Desk
    private let reader: StoreReader
    private let metrics: HubMetrics
    private let logger: Logger
    private let settings: () -> HubSettings
    /// Whether somebody still waits for an answer.
    private let isWanted: (Reply) -> Bool
    private var queue = TurnQueue<HeavyRead.Share, Piece>()
    private var started = 0
    /// The loop's clock at its latest iteration.
    var clock: Duration = .zero

    init(
        desk: Desk, reader: StoreReader, metrics: HubMetrics, logger: Logger,
        settings: @escaping () -> HubSettings, isWanted: @escaping (Reply) -> Bool
    ) {
        self.desk = desk
        self.reader = reader
        self.metrics = metrics
        self.logger = logger
        self.settings = settings
        self.isWanted = isWanted
        desk.onRoom = { [weak self] in
            self?.started -= 1
            self?.start()
        }
    }

    /// Takes a read, or throws what the caller is told of a queue that is full.
    ///
    /// The last thing that a command does: it has no way back.
    func take(_ piece: Piece, _ iteration: Iteration) throws(OperationError) {
        let limits = limits(of: piece.read.share)
        switch queue.append(piece, for: piece.read.share, limits) {
        case .keyIsFull:
            metrics.reached(limit: "hub.maximumReadsPerTeam")
            throw OperationError(
                .rateLimited,
                "\(limits.maximumPerKey) lists of this team are being read already"
                    + " (hub.maximumReadsPerTeam); ask for fewer at once", retryAfterSeconds: 1)
        case .isFull:
            metrics.reached(limit: "hub.maximumReads")
            throw OperationError(
                .serviceUnavailable, "too many lists are being read; try again",
                retryAfterSeconds: 2)
        case nil:
            metrics.waitingReads.set(Int64(queue.count))
            iteration.deferAnswer(piece.reply)
            iteration.add(.start { [weak self] in self?.start() })
        }
    }

    private func limits(of share: HeavyRead.Share) -> TurnQueue<HeavyRead.Share, Piece>.Limits {
        let maximum =
            switch share {
            case .commandLine, .lists: settings().maximumReadsPerTeam
            case .runs: settings().maximumRunsPerTeam
            }
        return TurnQueue.Limits(maximumPerKey: maximum, maximumTotal: Self.maximumWaiting)
    }

    /// Has what waits read, as far as the thread has room.
    func start() {
        while started < Self.maximumStarted, let piece = queue.popFirst() {
            guard isWanted(piece.reply) else { continue }
            let (read, reader, isLate) = (
                piece.read, reader, clock - piece.since > Self.maximumWait
            )
            let isTaken = desk.offload(piece.label, reply: piece.reply) {
                isLate ? .late : ReadOutcome(of: read, reader)
            } then: { [unowned self] outcome, iteration in
                let text = try text(of: outcome)
                try piece.confirm(iteration)
                iteration.answer(piece.reply, text: text)
            }
            // Refused only while the process stops, and nobody waits for it any more.
            if isTaken { started += 1 }
        }
        metrics.waitingReads.set(Int64(queue.count))
    }

    private func text(of outcome: ReadOutcome) throws -> [UInt8] {
        switch outcome {
        case .read(let text):
            metrics.reads.add()
            metrics.readBytes.add(text.count)
            return text
        case .failed(let error) where error.isLocal:
            throw error
        case .failed(let error):
            // This connection promised nothing to anybody, so its failure ends nothing else.
            logger.error("a list could not be read", metadata: ["reason": "\(error)"])
            throw OperationError(
                .serviceUnavailable, "the list could not be read; the hub's log says why",
                retryAfterSeconds: 5)
        case .refused(let error):
            throw error
        case .late:
            metrics.reached(limit: "hub.maximumReadWait")
            throw OperationError(
                .serviceUnavailable, "too many lists are being read; try again",
                retryAfterSeconds: 2)
        }
    }
}

/// What became of a read on its thread.
private enum ReadOutcome: Sendable {
    case read([UInt8])
    case failed(StoreError)
    case refused(OperationError)
    /// It waited so long that nobody can have waited with it.
    case late

    /// Runs on the reading thread.
    init(of read: HeavyRead, _ reader: StoreReader) {
        do {
            self = .read(try reader.read(read.body))
        } catch let error as StoreError {
            self = .failed(error)
        } catch {
            self = .refused(OperationError(.internalError, "\(error)"))
        }
    }
}
