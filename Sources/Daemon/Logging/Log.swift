import Logging
import Synchronization

/// The log of a daemon: swift-log's loggers, written to standard error.
public enum Log {
    /// Sends every logger of the process to standard error.
    ///
    /// Once, at the start of `main`; before it, `StandardError.fail` is there for a process that
    /// refuses to start.
    public static func bootstrap(process: String, settings: LoggingSettings) -> Logger {
        apply(settings)
        let isJournal = JournalStream.isStandardError(ProcessEnvironment.variables())
        LoggingSystem.bootstrap { _ in
            LineLogHandler(
                process: process, format: settings.format, isJournal: isJournal,
                write: StandardError.write)
        }
        return Logger(label: process)
    }

    /// Takes over the level of edited settings, for loggers that exist already too.
    ///
    /// Any thread.
    public static func apply(_ settings: LoggingSettings) {
        let level = Logger.Level(rawValue: settings.level.rawValue) ?? .info
        threshold.store(index(of: level), ordering: .relaxed)
    }

    static var level: Logger.Level {
        Logger.Level.allCases[threshold.load(ordering: .relaxed)]
    }

    private static let threshold = Atomic(index(of: .info))

    private static func index(of level: Logger.Level) -> Int {
        Logger.Level.allCases.firstIndex(of: level) ?? 0
    }
}

/// Renders each event as one line and hands its bytes to `write`, on the thread that logged.
package struct LineLogHandler: LogHandler {
    let process: String
    let format: LoggingSettings.Format
    /// Whether the journal reads it, which knows the time and wants the priority.
    let isJournal: Bool
    let write: @Sendable (String) -> Void
    /// A level of this logger's own; nil follows the process's.
    private var ownLevel: Logger.Level?
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    package init(
        process: String, format: LoggingSettings.Format, isJournal: Bool = false,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.process = process
        self.format = format
        self.isJournal = isJournal
        self.write = write
    }

    package var logLevel: Logger.Level {
        get { ownLevel ?? Log.level }
        set { ownLevel = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let own = event.metadata { fields.merge(own) { $1 } }
        if let error = event.error { fields["error"] = .string("\(error)") }
        let message = "\(event.message)"
        let line =
            switch format {
            case .text:
                LogLine.text(
                    time: isJournal ? nil : WallClock.now, level: event.level, process: process,
                    message: message, fields: fields)
            case .json:
                LogLine.json(
                    time: WallClock.now, level: event.level, process: process, message: message,
                    fields: fields)
            }
        write(isJournal ? JournalStream.marked(line, event.level) : line)
    }
}
