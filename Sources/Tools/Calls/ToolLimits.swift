import Stage

/// The limits of tools, one place for all of them, each with its reason.
public enum ToolLimits {
    /// Of a result for the model: more costs context and is rarely read; the rest is kept in a file.
    public static let maximumResultBytes = 30_000
    /// Of those, how many come from the output's beginning; the end tells how it went.
    public static let resultHeadBytes = 18_000
    /// Of the file that keeps a long output.
    public static let maximumKeptOutputBytes = 10 * 1024 * 1024
    /// Kept output files of one session; the oldest goes first.
    public static let maximumKeptOutputs = 20
    /// Of a command's output that is shown as it comes; the result has the end of it.
    public static let maximumStreamedBytes = 1024 * 1024
    /// A command that writes more than this is ended: it is a runaway, not a result.
    public static let maximumProducedBytes = 256 * 1024 * 1024

    /// Of a file that Read, Write and Edit take: it is held in memory more than once.
    public static let maximumFileBytes = 16 * 1024 * 1024
    /// Lines that Read shows unless asked for fewer or more.
    public static let defaultReadLines = 2_000
    /// Of one line that Read shows: minified files have one line of megabytes.
    public static let maximumLineBytes = 2_000
    /// Of what one Read shows, which is a file that the model asked for page by page.
    public static let maximumReadBytes = 100_000
    /// Replacements of one MultiEdit.
    public static let maximumEdits = 200
    /// Files that a session's edits may build on; the oldest reading is forgotten first.
    public static let maximumLedgerEntries = 2_000
    /// Of the paths of those files together: names of ordinary length all fit.
    public static let maximumLedgerBytes = 512 * 1024
    /// Sessions whose readings outlive their runs; the one idle longest has to read again.
    public static let maximumLedgerSessions = 1_000
    /// Of all sessions' readings together.
    public static let maximumLedgersBytes = 64 * 1024 * 1024
    /// For a call that works on files, waiting included: a disk takes milliseconds, a file system
    /// whose server is gone never answers.
    public static let fileCallTime = Duration.seconds(30)
    /// Beyond it, for a file that is being put in place just then; after it nobody knows.
    public static let commitTime = Duration.seconds(5)
    /// Threads that one session may have in files, and as many in the network: what hangs there
    /// takes no more, and nobody else's.
    public static let maximumBlockingCallsPerSession = 2
    /// Of all sessions, in files and as many in the network, started as they are needed: two for
    /// each of the 100 sessions of the setting agent.capacity, and some.
    public static let maximumBlockingThreads = 256
    /// Calls that wait for a thread or work on one; more are refused.
    public static let maximumQueuedCalls = 1_024

    /// Of a command line: the kernel takes 128 KiB in one argument (MAX_ARG_STRLEN).
    public static let maximumCommandBytes = 100_000
    public static let defaultCommandTime = Duration.seconds(120)
    public static let maximumCommandTime = Duration.seconds(600)
    /// For ripgrep, which Glob and Grep run.
    public static let searchTime = Duration.seconds(30)
    /// Of what ripgrep finds: 200,000 paths; the search ends there and says so.
    public static let maximumCapturedBytes = 16 * 1024 * 1024
    /// Of a file in which a pattern may span lines: it is held in memory; larger ones are left out.
    public static let maximumMultilineFileBytes = 64 * 1024 * 1024
    /// Files whose line ends one Grep converts, at some milliseconds each; with more it is refused.
    public static let maximumConvertedFiles = 1_000
    /// For shfmt, which needs a few milliseconds: no answer in time means that no rule matches.
    public static let parsingTime = Duration.seconds(2)
    /// For bubblewrap to build the walls, which takes 5 ms; then the call is refused.
    public static let sandboxStartTime = Duration.seconds(20)

    /// For the kernel to end a killed sandbox; then the call is answered without that.
    public static let sandboxEndTime = Duration.seconds(10)

    /// Processes and threads of one call (RLIMIT_NPROC within the sandbox's own user namespace).
    public static let maximumProcesses = 512
    /// Memory of one call, its /tmp and /dev/shm included: by its control group, else sampled, in
    /// which what several processes share counts once.
    public static let maximumMemoryBytes = 4 * 1024 * 1024 * 1024
    /// Private writable memory of one process (RLIMIT_DATA).
    public static let maximumProcessDataBytes = 4 * 1024 * 1024 * 1024
    /// Of one file that a command writes (RLIMIT_FSIZE).
    public static let maximumWrittenFileBytes = 1024 * 1024 * 1024
    /// Of the sandbox's own /tmp and of its /dev/shm, which are memory.
    public static let maximumTemporaryBytes = 512 * 1024 * 1024
    /// Of one segment of System V shared memory, of which there may be 4,096 and which no process
    /// has to map: enough for PostgreSQL's, which is a token of 56 bytes.
    public static let maximumSystemVSegmentBytes = 64 * 1024
    /// Open files of one process of a call.
    public static let maximumOpenFiles = 4_096
    /// How often a call's processes and memory are looked at.
    public static let usageInterval = Duration.milliseconds(200)
    /// For measuring shared memory, on a thread, which is enough for 60 GiB of mappings: what isn't
    /// certain by then is over the limit.
    public static let usageMeasuringTime = Duration.seconds(1)

    /// Paths that Glob answers.
    public static let maximumGlobResults = 200
    /// Names that are read for what runs later in folders below, before and after each command that
    /// may write.
    ///
    /// A large repository with what was built in it has fewer, and they take 200 ms. In a workspace
    /// with more no such command runs.
    public static let maximumGuardedEntries = 200_000
    /// How deep that goes: packages of Java lie at 12.
    public static let maximumGuardedDepth = 32
    /// How long it may take, on a disk that is busy.
    public static let guardedTime = Duration.seconds(10)
    /// What one command may leave to be set aside, one by one; beyond it the folder is closed.
    public static let maximumSetAside = 1_000
    /// For which what stands for missing startup files stays when a command has ended: calls of one
    /// turn follow within less.
    public static let placeholderTime = Duration.seconds(2)
    /// Looks for a folder that is moved again and again, before the call is refused.
    public static let maximumLooks = Stage.maximumLooks
    /// Of a pattern of Glob or Grep.
    public static let maximumPatternBytes = 4_096
    /// Of a path in a tool's input (PATH_MAX).
    public static let maximumPathBytes = 4_095
    /// Entries of a to-do list.
    public static let maximumTodos = 100

    /// Of a web page, before its text is taken out of it.
    public static let maximumPageBytes = 5 * 1024 * 1024
    /// For a page with all its redirects.
    public static let fetchTime = Duration.seconds(30)
    public static let maximumRedirects = 5
    /// For a call of WebFetch, waiting for others of its session included.
    public static let webCallTime = Duration.seconds(60)
}
