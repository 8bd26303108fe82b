import ArgumentParser
import Daemon
import Glibc
import System

/// Reads a password: from the terminal without showing it, or the first line of standard input.
enum PasswordPrompt {
    static func readNew() throws -> String {
        guard isatty(0) == 1 else { return try required(readLine(strippingNewline: true)) }
        let first = try required(readHidden("Password: "))
        guard try readHidden("Again: ") == first else {
            throw CommandFailure("the two passwords differ; nothing was done")
        }
        return first
    }

    private static func required(_ text: String?) throws -> String {
        guard let text, !text.isEmpty else { throw CommandFailure("no password was given") }
        return text
    }

    /// Without echo, and with Ctrl-C as a byte: ended by the signal, the terminal would stay mute.
    private static func readHidden(_ prompt: String) throws -> String? {
        var settings = termios()
        guard unsafe tcgetattr(0, &settings) == 0 else {
            throw CommandFailure("could not set up the terminal: \(SystemError.last)")
        }
        let before = settings
        settings.c_lflag &= ~tcflag_t(ECHO | ISIG)
        unsafe tcsetattr(0, TCSAFLUSH, &settings)
        StandardError.write(prompt)
        let line = readLine(strippingNewline: true)
        StandardError.write("\n")
        var restored = before
        unsafe tcsetattr(0, TCSAFLUSH, &restored)
        // Ctrl-C and Ctrl-\ as they were typed.
        if line?.utf8.contains(where: { $0 == 0x03 || $0 == 0x1c }) == true { throw ExitCode(130) }
        return line
    }
}
