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

    private func link(_ target: String, from name: String) {
        _ = unsafe symlink(target, "\(hub.directory)/\(name)")
    }

    private func theme(_ colour: String) -> String { "{\"accent\": \"\(colour)\"}" }

    @Test func `a file behind links of links is seen: written, renamed over, its folder replaced`()
        throws
    {
        defer { hub.close() }
        for folder in ["config", "hop", "far", "far/deep", "next", "next/deep"] {
            makeDirectory(folder)
        }
        overwrite(theme("red"), "far/deep/t.json")
        overwrite(theme("white"), "next/deep/t.json")
        link("../hop/t.json", from: "config/theme.json")
        link("\(hub.directory)/far/deep/../deep/t.json", from: "hop/t.json")
        hub.watchConfiguration()
        #expect(hub.turn { worker.announcements.count == 1 })
        overwrite(theme("green"), "far/deep/t.json")
        #expect(hub.turn { worker.announcements.count == 2 })
        try rename(theme("blue"), to: "far/deep/t.json")
        #expect(hub.turn { worker.announcements.count == 3 })
        _ = unsafe Glibc.rename("\(hub.directory)/far", "\(hub.directory)/gone")
        _ = unsafe Glibc.rename("\(hub.directory)/next", "\(hub.directory)/far")
        #expect(hub.turn { worker.announcements.count == 4 })
        overwrite(theme("black"), "far/deep/t.json")
        #expect(hub.turn { worker.announcements.count == 5 })
        // The link in the middle is pointed elsewhere, to what comes into being later.
        link("late/t.json", from: "hop/new")
        _ = unsafe Glibc.rename("\(hub.directory)/hop/new", "\(hub.directory)/hop/t.json")
        #expect(hub.turn { worker.announcements.count == 6 })
        makeDirectory("hop/late")
        overwrite(theme("grey"), "hop/late/t.json")
        #expect(hub.turn { worker.announcements.count == 7 })
    }

    @Test func `a link whose folder is swapped by another link is seen, as in a mounted volume`()
        throws
    {
        defer { hub.close() }
        for folder in ["config", "config/one", "config/two"] { makeDirectory(folder) }
        overwrite(theme("red"), "config/one/theme.json")
        overwrite(theme("blue"), "config/two/theme.json")
        link("one", from: "config/data")
        link("data/theme.json", from: "config/theme.json")
        hub.watchConfiguration()
        #expect(hub.turn { worker.announcements.count == 1 })
        link("two", from: "config/new")
        _ = unsafe Glibc.rename("\(hub.directory)/config/new", "\(hub.directory)/config/data")
        #expect(hub.turn { worker.announcements.count == 2 })
    }

    @Test func `a file that is written under its other name is seen`() throws {
        defer { hub.close() }
        makeDirectory("config")
        makeDirectory("far")
        overwrite(theme("red"), "far/t.json")
        _ = unsafe Glibc.link("\(hub.directory)/far/t.json", "\(hub.directory)/config/theme.json")
        hub.watchConfiguration()
        #expect(hub.turn { worker.announcements.count == 1 })
        overwrite(theme("blue"), "far/t.json")
        #expect(hub.turn { worker.announcements.count == 2 })
    }

    /// The watcher looks once after it began, which would see anything.
    private func waitForFirstLook() throws {
        var isDone = false
        let timer = hub.loop.schedule(after: .milliseconds(200)) { isDone = true }
        #expect(hub.turn { isDone })
        timer.cancel()
    }
}
