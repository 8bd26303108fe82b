// `config.json` as it is read at a start and at each edit: taken over, or refused in words.

import Daemon
import FuzzSupport
import JSON

/// Lines of a terminal or a log: nothing in them moves a cursor.
func isPlain(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control }
}

Fuzzer.run { bytes in
    guard let document = try? JSONValue(parsing: bytes) else { return }  // refused
    do throws(SettingsError) {
        let settings = try Settings.parse(document, environment: [:])
        let written = settings.effective.encoded()
        let read = (try? JSONValue(parsing: written)).flatMap { document in
            try? Settings.parse(document, environment: [:])
        }
        precondition(read == settings, "written and read again they are other settings")
    } catch {
        precondition(isPlain(error.description), "a control character is shown")
    }
}
