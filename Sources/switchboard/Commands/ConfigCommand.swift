import ArgumentParser
import Daemon
import JSON
import Protocol

/// The effective configuration.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Print every setting with its value and range.",
        discussion: """
            Reads config.json and this shell's environment as the daemons do, also while none runs; \
            a wrong setting is reported and the status is 1. No setting is a secret: secrets are \
            files of their own, and are never printed.
            """)

    @OptionGroup var hub: HubOptions

    func run() throws {
        if hub.url != nil { return Output.json(try hub.connect().call(.getConfig, [:])) }
        guard hub.socket == nil else {
            throw ValidationError("the configuration is in a directory: --state, not --socket")
        }
        let settings = try Settings.load(
            configDirectory: try hub.paths().configDirectory,
            environment: ProcessEnvironment.variables())
        if hub.json { return Output.json(settings.effective) }
        let rows = SettingsTable.all.map { setting in
            let value = setting.value(in: settings)
            return [
                value == setting.defaultValue ? "" : "*", setting.key, Self.text(value),
                setting.allowed, setting.takesEffect.rawValue, setting.environmentName,
            ]
        }
        Output.table(["", "SETTING", "VALUE", "ALLOWED", "EFFECT", "VARIABLE"], rows)
    }

    private static func text(_ value: JSONValue) -> String {
        value.stringValue ?? String(decoding: value.encoded(), as: UTF8.self)
    }
}
