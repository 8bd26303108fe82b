import Stage

Stage.run(CommandLine.arguments.dropFirst())
