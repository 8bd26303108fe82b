import Glibc
import System

/// A program to start: what `posix_spawn(3)` is told.
struct Spawn {
    var path: String
    var arguments: [String]
    var environment: [String: String]
    /// Becomes standard output and standard error; standard input is empty.
    var output: Int32

    /// Starts the program in a process group of its own, so that a Ctrl-C at the terminal reaches
    /// whoever started it only, and what the program leaves behind can be ended with it.
    ///
    /// Signals that are ignored or blocked here are not there. Call it on the main thread:
    /// `PR_SET_PDEATHSIG` is about the thread that started a process, not about the process.
    func start() throws(CommandFailure) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 2)

        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))

        var pid: pid_t = 0
        let variables = environment.map { "\($0.key)=\($0.value)" }
        let result = unsafe CStrings.with([path] + arguments) { arguments in
            unsafe CStrings.with(variables) { variables in
                unsafe posix_spawn(&pid, path, &actions, &attributes, arguments, variables)
            }
        }
        guard result == 0 else {
            throw CommandFailure("could not start \(path): \(SystemError(result))")
        }
        return pid
    }
}

/// Both ends of a pipe, closed on exec.
struct Pipe {
    let readEnd: Int32
    let writeEnd: Int32

    init() throws(CommandFailure) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else {
            throw CommandFailure("could not make a pipe: \(SystemError.last)")
        }
        // Nothing is spawned in between: only the main thread spawns.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        readEnd = ends[0]
        writeEnd = ends[1]
    }
}

/// How a process ended, from `wait(2)`'s status word.
struct ExitStatus: CustomStringConvertible {
    let word: Int32

    var isSuccess: Bool { word == 0 }

    /// What the program said with its end; nil where a signal ended it.
    var code: Int32? { word & 0x7f == 0 ? (word >> 8) & 0xff : nil }

    var description: String {
        let signal = word & 0x7f
        return signal == 0 ? "status \((word >> 8) & 0xff)" : "signal \(signal)"
    }
}
