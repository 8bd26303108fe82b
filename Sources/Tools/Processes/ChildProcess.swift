import CLinux
import EventLoop
import Glibc
import System

/// A child process on a loop: its output as it comes, its end once, its zombie collected.
///
/// Confined to the loop's thread. Releasing it doesn't end the process.
final class ChildProcess {
    /// What it is told of a child, on the loop.
    struct Callbacks {
        /// At most 64 KiB; never empty.
        var output: (ArraySlice<UInt8>) -> Void
        /// Once, after all output: the status word of `wait(2)`.
        var ended: (Int32) -> Void
    }

    let pid: pid_t
    private let handle: OwnedDescriptor
    private let output: OwnedDescriptor
    private var outputWatcher: DescriptorWatcher?
    private var endWatcher: DescriptorWatcher?
    private var callbacks: Callbacks?
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// Starts a program; `input` is all of its standard input, at most 64 KiB (a pipe's room).
    init(
        _ program: String, _ arguments: [String], environment: [String], input: [UInt8]? = nil,
        inherited: [OwnedDescriptor] = [], on loop: EventLoop, _ callbacks: Callbacks
    ) throws(SystemFailure) {
        let pipe = try OwnedDescriptor.pipe()
        let inputPipe = input == nil ? nil : try OwnedDescriptor.pipe()
        if let input, let inputPipe {
            precondition(input.count <= 65_536, "the input of a child must fit into a pipe")
            _ = inputPipe.write.writeOnce(input)
        }
        let launch = Launch(
            program: program, arguments: arguments, environment: environment,
            standardInput: inputPipe?.read, output: pipe.write, inherited: inherited)
        pid = try launch.start()
        let number = switchboard_pidfd_open(pid)
        guard number >= 0 else {
            // Without a handle its end can't be waited for: it must not go on.
            let failure = SystemFailure("watching \(program)", errno)
            Glibc.kill(pid, SIGKILL)
            var word: Int32 = 0
            while unsafe waitpid(pid, &word, 0) < 0, errno == EINTR {}
            throw failure
        }
        handle = OwnedDescriptor(number)
        output = pipe.read
        output.setNonBlocking()
        self.callbacks = callbacks
        outputWatcher = loop.watch(output.number, .read) { [weak self] _ in self?.readOnce() }
        endWatcher = loop.watch(number, .read) { [weak self] _ in self?.collect() }
    }

    /// Sends `SIGKILL`, if the process is still there; never hits another one.
    func kill() {
        if callbacks != nil { _ = switchboard_pidfd_send_signal(handle.number, SIGKILL) }
    }

    /// One read each time, so that a flood leaves room for others.
    ///
    /// - Returns: whether there may be more at once.
    @discardableResult private func readOnce() -> Bool {
        let count = unsafe read(output.number, &buffer, buffer.count)
        if count > 0 {
            callbacks?.output(buffer[..<count])
            return true
        }
        if count == 0 { outputWatcher?.cancel() }
        return count < 0 && errno == EINTR
    }

    private func collect() {
        var word: Int32 = 0
        guard unsafe waitpid(pid, &word, WNOHANG) != 0 else { return }
        endWatcher?.cancel()
        // What is still in the pipe; what others who hold it write later is nobody's.
        while readOnce() {}
        outputWatcher?.cancel()
        let ended = callbacks?.ended
        callbacks = nil
        ended?(word)
    }
}
