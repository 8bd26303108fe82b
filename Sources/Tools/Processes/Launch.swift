import CLinux
import Glibc
import System

/// A program to start: what `posix_spawn(3)` is told.
struct Launch {
    /// An absolute path.
    var program: String
    /// Without the program's own name.
    var arguments: [String]
    /// The whole environment, as `NAME=value`: nothing of ours is inherited.
    var environment: [String]
    /// Nil is `/dev/null`.
    var standardInput: OwnedDescriptor?
    /// Becomes standard output and standard error.
    var output: OwnedDescriptor
    /// Become 3, 4, 5, …; everything else is closed.
    var inherited: [OwnedDescriptor] = []

    /// Starts the program in a session of its own, with default signals.
    ///
    /// glibc starts it without copying this process (`CLONE_VFORK`): no code of ours runs in the
    /// child. Call it on a thread that lives as long as the process: `PR_SET_PDEATHSIG` is about
    /// the thread that started a child.
    func start() throws(SystemFailure) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        if let standardInput {
            unsafe posix_spawn_file_actions_adddup2(&actions, standardInput.number, 0)
        } else {
            unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        unsafe posix_spawn_file_actions_adddup2(&actions, output.number, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, output.number, 2)
        // Away from the numbers that they are to have: one must not overwrite another.
        let copies = try inherited.map { descriptor throws(SystemFailure) in
            try descriptor.copied(above: Int32(3 + inherited.count))
        }
        for (index, descriptor) in copies.enumerated() {
            unsafe posix_spawn_file_actions_adddup2(
                &actions, descriptor.number, Int32(3 + index))
        }
        unsafe posix_spawn_file_actions_addclosefrom_np(&actions, Int32(3 + inherited.count))

        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        let flags = Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK)
        unsafe posix_spawnattr_setflags(&attributes, flags | switchboard_POSIX_SPAWN_SETSID)

        var pid: pid_t = 0
        let result = unsafe CStrings.with([program] + arguments) { arguments in
            unsafe CStrings.with(environment) { environment in
                unsafe posix_spawn(&pid, program, &actions, &attributes, arguments, environment)
            }
        }
        withExtendedLifetime(copies) {}
        guard result == 0 else { throw SystemFailure("starting \(program)", result) }
        return pid
    }
}
