import Logging

extension Logger {
    /// For what a test does not look at.
    public static var silent: Logger {
        Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    }
}
