// A realtime client in the hand of `Tests/ClientCases/test_real_sockets.py`: lines in, lines out, as
// "Drivers" in `Tests/ClientCases/README.md` has it. The sockets are real, the clock is not.

import Client
import ClientCaseSupport
import Glibc
import JSON

JSON.seed()
_ = signal(SIGPIPE, SIG_IGN)
var play: Play?
var count: Int64 = 0
while let line = readLine() {
    let step = try JSONValue(parsing: Array(line.utf8))["do"] ?? .null
    if let start = step["start"] {
        play?.end()
        play = Play(start)
    } else {
        try await play?.perform(step)
    }
    count += 1
    Reports.write(["done": .integer(count)])
}
