import EventLoop

/// The threads behind the hub's desks, and the way of their results back to the loop.
package final class ThreadDesks {
    package let desks: Desks

    private struct Finished: Sendable {
        let isPassword: Bool
        let number: UInt64
        let value: any Sendable
    }

    private let passwords = WorkThread(name: "passwords", capacity: passwordCapacity)
    private let files = WorkThread(name: "files", capacity: fileCapacity)

    /// 32 waiting passwords are 3 s of work; whoever comes after them is told to come back.
    private static let passwordCapacity = 32
    private static let fileCapacity = 64

    /// - Parameter submit: takes each result as a command; called on the loop.
    package init(loop: EventLoop, submit: @escaping (HubTask) -> Void) {
        let box = TaskBox()
        // Room for every piece that can be waiting or running: a result is never lost.
        let capacity = Self.passwordCapacity + Self.fileCapacity + 2
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
