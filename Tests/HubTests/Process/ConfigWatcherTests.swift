import Daemon
import Glibc
import Hub
import Protocol
import Testing

@Suite struct ConfigWatcherTests {
    let hub: RunningHub
    let worker: RunningHub.Peer

    init() throws {
        hub = try RunningHub()
        worker = try hub.connect(.webSocketWorker, "ws-1")
    }

    private func makeDirectory(_ name: String) {
        _ = unsafe mkdir("\(hub.directory)/\(name)", 0o755)
    }

    /// Renames a new file over the old one, as most editors do.
    private func rename(_ text: String, to path: String) throws {
        try SmallFile.replace("\(hub.directory)/\(path)", with: Array(text.utf8), mode: 0o644)
    }

    /// Writes into the file that is there.
    private func overwrite(_ text: String, _ path: String) {
        let descriptor = unsafe open(
            "\(hub.directory)/\(path)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        let bytes = Array(text.utf8)
        _ = unsafe write(descriptor, bytes, bytes.count)
        Glibc.close(descriptor)
    }

    @Test func `edits are announced: renamed over, then written in place`() throws {
        defer { hub.close() }
        makeDirectory("config")
        hub.watchConfiguration()
        try rename("{\"hub\": {\"historyCount\": 7}}", to: "config/config.json")
        #expect(hub.turn { worker.announcements.count == 1 })
        overwrite("{\"accent\": \"red\"}", "config/theme.json")
        #expect(hub.turn { worker.announcements.count == 2 })
        #expect(worker.announcements.last == Generations(config: 1, theme: 1))
        #expect(hub.core.settings.hub.historyCount == 7)
    }

    @Test func `a directory made later, with its parents, is seen`() throws {
        defer { hub.close() }
        hub.watchConfiguration()
        makeDirectory("config")
        overwrite("{\"accent\": \"red\"}", "config/theme.json")
        #expect(hub.turn { worker.announcements.count == 1 })
    }

    @Test func `a directory that is replaced as a whole is seen, and so is what comes after`()
        throws
    {
        defer { hub.close() }
        makeDirectory("config")
        makeDirectory("next")
        overwrite("{\"accent\": \"red\"}", "next/theme.json")
        hub.watchConfiguration()
        try waitForFirstLook()
        _ = unsafe Glibc.rename("\(hub.directory)/config", "\(hub.directory)/old")
        _ = unsafe Glibc.rename("\(hub.directory)/next", "\(hub.directory)/config")
        #expect(hub.turn { worker.announcements.count == 1 })
        overwrite("{\"accent\": \"blue\"}", "config/theme.json")
        #expect(hub.turn { worker.announcements.count == 2 })
    }

    @Test func `a link to a directory that is pointed elsewhere is seen`() throws {
        defer { hub.close() }
        makeDirectory("old")
        makeDirectory("next")
        overwrite("{\"accent\": \"red\"}", "next/theme.json")
        _ = unsafe symlink("old", "\(hub.directory)/config")
        hub.watchConfiguration()
        try waitForFirstLook()
        _ = unsafe symlink("next", "\(hub.directory)/new")
        _ = unsafe Glibc.rename("\(hub.directory)/new", "\(hub.directory)/config")
        #expect(hub.turn { worker.announcements.count == 1 })
        _ = unsafe unlink("\(hub.directory)/config")
    }

    /// The watcher looks once after it began, which would see anything.
    private func waitForFirstLook() throws {
        var isDone = false
        let timer = hub.loop.schedule(after: .milliseconds(200)) { isDone = true }
        #expect(hub.turn { isDone })
        timer.cancel()
    }
}
