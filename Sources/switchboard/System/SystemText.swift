import IPC

/// An `errno` in words.
enum SystemText {
    static func of(_ number: Int32) -> String { "\(SystemError(number))" }
}
