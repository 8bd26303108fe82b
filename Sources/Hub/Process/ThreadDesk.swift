import EventLoop

/// The threads behind the hub's desks, and the way of their results back to the loop.
package final class ThreadDesks {
    package let desks: Desks

    private struct Finished: Sendable {
        let isPassword: Bool
        let number: UInt64
        let value: any Sendable
    }

    private let passwords: WorkThread
    private let files = WorkThread(name: "files", capacity: fileCapacity)

    private static let fileCapacity = 64

    /// - Parameters:
    ///   - signInThreads: how many passwords are hashed at once; the queue before them is
    ///     ``PasswordDesk``'s, which hands out no more.
    ///   - submit: takes each result as a command; called on the loop.
    package init(
        loop: EventLoop, signInThreads: Int, submit: @escaping (HubTask) -> Void
    ) {
        let passwords = WorkThread(
            name: "passwords", capacity: signInThreads, threads: signInThreads)
        self.passwords = passwords
        let box = TaskBox()
        // Room for every piece that can be waiting or running: a result is never lost.
        let capacity = 2 * signInThreads + Self.fileCapacity + 1
        let mailbox = loop.mailbox(capacity: capacity) { (results: [Finished]) in
            for result in results {
                let desk = result.isPassword ? box.desks?.passwords : box.desks?.files
                if let task = desk?.finished(result.number, result.value) { submit(task) }
            }
        }
        func desk(_ thread: WorkThread, isPassword: Bool) -> Desk {
            Desk { number, work in
                thread.submit {
                    _ = mailbox.post(
                        Finished(isPassword: isPassword, number: number, value: work()))
                }
            }
        }
        desks = Desks(
            passwords: desk(passwords, isPassword: true), files: desk(files, isPassword: false))
        box.desks = desks
    }

    /// Waits for the running pieces; their results are dropped.
    package func stop() {
        passwords.stop()
        files.stop()
    }
}

private final class TaskBox {
    var desks: Desks?
}
