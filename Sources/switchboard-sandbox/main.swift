import Stage
import System

if CommandLine.arguments.dropFirst() == ["--version"] {
    print(Version.line(of: "switchboard-sandbox"))
    endProcess(0)
}
Stage.run(CommandLine.arguments.dropFirst())
