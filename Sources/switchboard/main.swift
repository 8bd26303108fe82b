import ArgumentParser
import Daemon
import Glibc
import JSON
import System

/// Ends with the contract's status: 0 done, 1 failed, 2 usage, 130 interrupted.
func end(with error: any Error) -> Never {
    if let code = error as? ExitCode { endProcess(code.rawValue) }
    let parserCode = Switchboard.exitCode(for: error)
    if parserCode == .success {
        // Help that was asked for.
        print(Switchboard.fullMessage(for: error))
        endProcess(0)
    }
    if parserCode == .validationFailure {
        let unknown = UnknownCommand.message(for: CommandLine.arguments.dropFirst())
        let message = unknown.map { "Error: \($0)" } ?? Switchboard.fullMessage(for: error)
        StandardError.write("\(message)\n")
        endProcess(2)
    }
    StandardError.write("switchboard: \(error)\n")
    endProcess(1)
}

// The installed program is all of them; by itself it is the command line.
DaemonProgram(path: CommandLine.arguments.first ?? "")?.run()

JSON.seed()
// A peer or reader that has gone is an error where it is met, not the end without a word.
_ = signal(SIGPIPE, SIG_IGN)
// Commands that wait have nothing to tidy up; `dev` takes the signal over for its loop.
_ = signal(SIGINT) { _ in _exit(130) }
do {
    var command = try Switchboard.parseAsRoot()
    try command.run()
    endProcess(0)
} catch {
    end(with: error)
}
