import EventLoop

/// The threads behind the hub's desks, and the way of their results back to the loop.
package final class ThreadDesks {
    package let desks: Desks

    private struct Finished: Sendable {
        let desk: @Sendable (Desks) -> Desk
        let number: UInt64
        let value: any Sendable
    }

    private let passwords: WorkThread
    private let files = WorkThread(name: "files", capacity: fileCapacity)
    private let reads = WorkThread(name: "reads", capacity: ReadDesk.maximumStarted)

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
        let capacity = 2 * signInThreads + Self.fileCapacity + ReadDesk.maximumStarted + 2
        let mailbox = loop.mailbox(capacity: capacity) { (results: [Finished]) in
            for result in results {
                let desk = box.desks.map(result.desk)
                if let task = desk?.finished(result.number, result.value) { submit(task) }
            }
        }
        func desk(_ thread: WorkThread, _ itself: @escaping @Sendable (Desks) -> Desk) -> Desk {
            Desk { number, work in
                thread.submit {
                    _ = mailbox.post(Finished(desk: itself, number: number, value: work()))
                }
            }
        }
        desks = Desks(
            passwords: desk(passwords) { $0.passwords }, files: desk(files) { $0.files },
            reads: desk(reads) { $0.reads })
        box.desks = desks
    }

    /// Waits for the running pieces; their results are dropped.
    package func stop() {
        passwords.stop()
        files.stop()
        reads.stop()
    }
}

private final class TaskBox {
    var desks: Desks?
}
