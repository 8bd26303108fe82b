/// What the parts of a client share while one event is taken in: the time, the random numbers, the
/// commands' numbers, and what is to be done.
package struct RealtimeTurn {
    package let policy: ReconnectPolicy
    /// From 0 up to, but not including, 1.
    let random: () -> Double
    /// Since any moment that does not change.
    package var now: Duration = .zero
    package var actions: [RealtimeAction] = []
    /// For the outbox, of the channels that its answers wait on.
    var notices: [AnswerNotice] = []
    var pace: CommandPace
    private var numbers = 0

    package init(policy: ReconnectPolicy, random: @escaping () -> Double) {
        self.policy = policy
        self.random = random
        pace = CommandPace(policy)
    }

    mutating func nextID(_ kind: CommandID.Kind) -> CommandID {
        numbers += 1
        return CommandID(kind, numbers)
    }

    /// Sends a command as soon as the server's limit allows.
    mutating func send(_ command: RealtimeCommand) {
        pace.add(command)
        pace.release(at: now, &actions)
    }

    func backoff(_ failures: Int) -> Duration {
        policy.backoff(after: failures, random: random())
    }
}

/// Lets commands out a little slower than the server takes them, which would close the connection
/// with 4008.
struct CommandPace: Sendable {
    private let interval: Duration
    /// How far ahead of its even pace a burst may be.
    private let credit: Duration
    /// At most one subscribe and unsubscribe a channel, one answer a place in the outbox, and the
    /// program's pings.
    private var waiting: [RealtimeCommand] = []
    /// When the next command would leave if there were no bursts.
    private var due: Duration?

    init(_ policy: ReconnectPolicy) {
        interval = .seconds(1) / policy.commandsPerSecond
        credit = interval * (policy.commandBurst - 1)
    }

    /// When `release` lets something out.
    var deadline: Duration? {
        guard !waiting.isEmpty, let due else { return nil }
        return due - credit
    }

    /// A new connection begins with its whole burst, and without the old one's commands.
    mutating func clear() {
        waiting = []
        due = nil
    }

    mutating func add(_ command: RealtimeCommand) { waiting.append(command) }

    mutating func release(at now: Duration, _ actions: inout [RealtimeAction]) {
        var count = 0
        while count < waiting.count, due.map({ $0 - credit <= now }) ?? true {
            due = max(due ?? now, now) + interval
            actions.append(.send(waiting[count]))
            count += 1
        }
        waiting.removeFirst(count)
    }
}
