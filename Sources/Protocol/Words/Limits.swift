/// The defaults of every limit that the outside can meet, each with its reason.
///
/// `Daemon.SettingsTable` makes most of them configurable and refers to these values, the OpenAPI
/// document and the browser client repeat them, and a test compares the copies.
public enum Limits {
    /// 16 KiB: a command is a few hundred bytes; larger bodies belong to REST.
    public static let maximumFrameBytes = 16 * 1024
    /// 100: a dashboard of a team's sessions fits, a runaway client does not.
    public static let maximumSubscriptionsPerConnection = 100
    /// 15 s: below every common proxy's and NAT's idle time-out (30 s and up).
    public static let heartbeatIntervalMilliseconds = 15_000
    /// 30 s: one lost pong is forgiven, the second closes.
    public static let heartbeatTimeoutMilliseconds = 30_000
    /// 1 MiB: about 5,000 publications of 200 bytes behind; resuming is cheaper than buffering.
    public static let maximumOutboundQueueBytes = 1024 * 1024
    /// 5 s from accept to a complete handshake request, so that idle sockets cost little.
    public static let handshakeTimeoutMilliseconds = 5_000
    /// 50 a second: ten times what an attentive person's client needs.
    public static let commandsPerSecond = 50
    /// 100: a client may re-subscribe to all its channels at once after a reconnect.
    public static let commandBurst = 100
    /// 1 to 64 characters for a command's `id` and a request's `x-request-id`.
    public static let maximumCommandIDCharacters = 64
    /// 1,000 events in one publish request: larger batches gain nothing measurable.
    public static let maximumEventsPerPublish = 1_000
    /// 200 rows in one page of a REST list; 50 unless asked for otherwise.
    public static let maximumPageRows = 200
    public static let defaultPageRows = 50
    /// 1 MiB of items in one page of a REST list: it closes early, with a cursor, and holds one item
    /// at least, which is smaller than a page.
    public static let maximumPageBytes = 1024 * 1024
    /// 1 MiB for a REST body: a thousand events of a kilobyte.
    public static let maximumBodyBytes = 1024 * 1024
    /// 256 KiB for one publication's text: it must fit an outbound queue several times over.
    public static let maximumPublicationBytes = 256 * 1024
    /// 60 s: long enough to reach for the phone, short enough not to strand an agent.
    public static let permissionTimeoutMilliseconds = 60_000
    /// 50 ms: text deltas of one turn that are closer than this arrive as one message.
    public static let deltaBatchMilliseconds = 50
    /// 10,000 publications a channel.
    public static let historyCount = 10_000
    /// 24 hours.
    public static let historyAgeMilliseconds = 86_400_000
    /// 64 levels: far beyond any real event, far below what recursion could hurt.
    public static let maximumJSONDepth = 64
    /// 256 KiB of recovered publications in one page: a quarter of a client's outbound queue.
    public static let recoveryPageBytes = 256 * 1024
    /// 10 s from SIGTERM to the exit of any process.
    public static let drainMilliseconds = 10_000
}
